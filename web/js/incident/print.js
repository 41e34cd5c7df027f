// The plan's page prints itself; without JavaScript the browser's own command does.

import { $ } from "../dom.js";

$("print").addEventListener("click", () => window.print());
document.body.dataset.ready = "1";
