import "./style/tokens.css";
import "./style/base.css";
import "./style/shell.css";
import { mountChat } from "./chat";
import { mountLab } from "./lab";
import { setLanguage, language } from "./i18n";
import { takeKey } from "./server";
import { Shell } from "./shell";
import { keepTheme } from "./theme";

takeKey();
keepTheme();
setLanguage(language());
new Shell({ chat: mountChat, lab: mountLab }).show(document.body);
