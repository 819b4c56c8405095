/** What is said in each language: English, then Chinese. A number or a name stands in braces. */
export type Strings = Readonly<Record<string, readonly [en: string, zh: string]>>;

/** What the frame around both views says. */
export const shellStrings = {
  "shell.title": ["Hexagram", "Hexagram 六爻"],
  "shell.views": ["Views", "视图"],
  "shell.chat": ["Chat", "聊天"],
  "shell.lab": ["The lab", "实验室"],
  "shell.theme.system": ["Colours: as the system has them", "配色：跟随系统"],
  "shell.theme.light": ["Colours: light", "配色：浅色"],
  "shell.theme.dark": ["Colours: dark", "配色：深色"],
  "shell.otherLanguage": ["中文", "English"],
} as const satisfies Strings;
