/** The words of broadcast-strings.js in Russian. */

const rules = new Intl.PluralRules("ru");

/** @param {number} n */
const people = (n) => `${n.toLocaleString("ru")} ${rules.select(n) === "few" ? "человека" : "человек"}`;

/** @type {Record<string, string>} */
const characters = {one: "символ", few: "символа", many: "символов"};

/** @type {typeof import("../broadcast-strings.js").BROADCAST_WORDS} */
export default {
  broadcastClose: "Закрыть",
  broadcastTitle: "Заголовок",
  broadcastMessage: "Сообщение",
  broadcastOptional: "необязательно",
  broadcastBold: "Жирный",
  broadcastItalic: "Курсив",
  broadcastLink: "Ссылка",
  broadcastGroups: "Группы",
  broadcastExpires: "Снять с показа",
  broadcastUntil: [["", "никогда"], ["hour", "через час"], ["today", "в полночь"], ["at", "в указанное время…"]],
  broadcastAt: "Время",
  broadcastEmpty: "Напишите сообщение.",
  broadcastLong: (n) => `Длиннее допустимого на ${n.toLocaleString("ru")} ${characters[rules.select(n)]}.`,
  broadcastChoose: "Выберите группу.",
  broadcastWhen: "Укажите время.",
  broadcastWould: (n) => `${rules.select(n) === "one" ? "Получит" : "Получат"} ${people(n)}.`,
  broadcastNobody: "Получателей нет.",
  broadcastSend: "Отправить",
  broadcastSendTo: (n) => `Отправить: ${people(n)}`,
  broadcastBack: "Назад",
  broadcastTo: (names) => `Кому: ${names.join(", ")}`,
  broadcastTaken: (when) => `До: ${when}`,
  broadcastUnreachable: "Хаб не ответил. Ничего не потеряно: попробуйте ещё раз.",
  broadcastSentTo: (n) => `Отправлено: ${people(n)}.`,
  broadcastAnother: "Написать ещё",
  broadcastSent: "Отправлено вами",
  broadcastCounts: {delivered: "Доставлено", shown: "Показано", dismissed: "Закрыто", emailed: "По почте"},
  broadcastOf: (n, all) => `${n.toLocaleString("ru")} из ${all.toLocaleString("ru")}`,
  broadcastState: (status) => /** @type {Record<string, string>} */ ({sending: "отправляется", recalled: "отозвано", expired: "снято"})[status] ?? "",
  broadcastRecall: "Отозвать",
  broadcastSure: "Отозвать у всех?",
};
