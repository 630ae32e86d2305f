/** The words of strings.js in Russian. It imports nothing before it has to, so that it can be served beside a bundle. */

const rules = new Intl.PluralRules("ru");

/**
 * Say a number of things: one, few or many of them.
 * @param {number} n
 * @param {string} one
 * @param {string} few
 * @param {string} many
 */
function count(n, one, few, many) {
  const form = rules.select(n);
  return `${n.toLocaleString("ru")} ${form === "one" ? one : form === "few" ? few : many}`;
}

/** @type {import("../strings.js").Words} */
export default {
  language: "ru",
  later: {broadcast: () => import("./ru-broadcast.js"), preferences: () => import("./ru-preferences.js")},
  loading: "Загрузка…",
  unavailable: "Не удалось загрузить.",
  retry: "Повторить",
  offline: "Нет связи. Подключаемся снова…",
  signedOut: "Вход не выполнен.",
  all: "Все",
  find: "Поиск",
  nothing: "Ничего не найдено.",

  popupsRegion: "Уведомления",
  popupsMore: (n) => `Ещё ${n.toLocaleString("ru")}`,
  popupsCloseAll: "Закрыть все",
  popupsClose: (title) => `Закрыть уведомление: ${title}`,
  popupsCloseHint: "Закрыть. С Shift (щелчок, Enter или пробел) — закрыть все",
  popupsNew: (n) => count(n, "новое уведомление", "новых уведомления", "новых уведомлений"),
  important: "Важно",
  sample: "Пример",
  from: (sender) => `от ${sender}`,

  bellName: (unread) => (unread ? `Уведомления, ${count(unread, "непрочитанное", "непрочитанных", "непрочитанных")}` : "Уведомления"),
  bellTitle: "Уведомления",
  bellReadAll: "Прочитать все",
  bellShow: "Показать",
  bellUnread: "Новые",
  bellArchived: "Архив",
  bellAccount: "Аккаунт",
  bellAllAccounts: "Все аккаунты",
  bellOwnAccount: "Мой аккаунт",
  bellIsUnread: "Не прочитано. ",
  bellRead: "Отметить как прочитанное",
  bellArchive: "В архив",
  bellRestore: "Вернуть из архива",
  bellWhy: "Почему?",
  bellWhyLong: "Почему мне это пришло?",
  bellMore: "Показать ещё",
  bellEmpty: "Новых уведомлений нет.",
  bellNothingArchived: "В архиве ничего нет.",
  bellDone: (title) => `В архиве: ${title}`,
  bellUndo: "Вернуть",
  bellLost: "Не удалось сохранить.",
  bellFailed: "Не удалось загрузить уведомления.",
  bellClosed: "Соединение закрыто. Обновите страницу, чтобы подключиться снова.",

  broadcastCreate: "Создать уведомление",
};
