/** The words of preferences-strings.js in Russian. */

/** @type {Record<string, string>} */
const categories = {
  account: "Аккаунт", automation: "Автоматизация", contact: "Клиенты", import_export: "Импорт и экспорт", report: "Отчёты",
  email: "Почта", schedule: "Расписание", sms: "SMS", proposal: "Предложения", system: "Система", integration: "Интеграции",
  voice: "Звонки", fax: "Факсы", collaboration: "Совместная работа", billing: "Оплата", reminder: "Напоминания", task: "Задачи",
  broadcast: "Объявления", order: "Заказы", custom: "Свои",
};

/** @type {typeof import("../preferences-strings.js").PREFERENCES_WORDS} */
export default {
  preferencesTabs: "Настройки уведомлений",
  preferencesControl: "Управление",
  preferencesRollup: "Сводка",
  preferencesOptions: ["В приложении", "Только мои", "SMS", "Почта"],
  preferencesCell: (title, option) => `${title}: ${option}`,
  preferencesAll: (what) => `Все: ${what}`,
  preferencesCategory: (id) => categories[id] ?? id,
  preferencesHints: ["Всплывающее окно и строка в списке.", "В приложении, но только о закреплённых за вами клиентах, даже если «В приложении» выключено.",
    "О ваших клиентах и о вас самих, независимо от показа в приложении.", "О ваших клиентах и о вас самих, так же."],
  preferencesStar: "Настоятельно рекомендуется",
  preferencesLocked: "Всегда",
  preferencesLockedWhy: "Это нельзя отключить.",
  preferencesTexts: "SMS-сообщения",
  preferencesNumber: "Отправлять на номер",
  preferencesNumberHint: "Ваш запасной номер или вида +12025550100",
  preferencesMails: "Письма",
  preferencesCopy: "А также объявления, задачи и заказы",
  preferencesGrace: "Минут ждать, пока я увижу сам",
  preferencesCap: "Писем одного типа в день, не больше",
  preferencesQuiet: "Тихие часы",
  preferencesQuietHint: "SMS и письма ждут, пока они не закончатся.",
  preferencesFrom: "С",
  preferencesTo: "До",
  preferencesZone: "Часовой пояс",
  preferencesOwnZone: "Мой",
  preferencesLines: "Другие линии",
  preferencesLinesHint: "Узнавать о звонках, голосовых сообщениях и SMS на линиях, которые не ваши.",
  preferencesRollupHint: "То, что происходит там, появится и здесь, если вы выбрали этот тип в разделе «Управление».",
  preferencesRollupNone: "Под вашим аккаунтом нет других.",
  preferencesSaved: "Сохранено.",
  preferencesRefused: (why, what) => (what ? `Не сохранено. ${what}: ${why}` : `Не сохранено: ${why}`),
  preferencesWarned: (types) => `Сохранено, но настоятельно рекомендуется не отключать: ${types}`,
  preferencesSilent: "сервер не отвечает",
  preferencesSample: "Прислать пример",
  preferencesSent: "Пример отправлен.",
  preferencesUnsent: (why) => `Пример не отправлен: ${why}`,
};
