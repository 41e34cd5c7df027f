"""What runs inside the sandbox: told on standard input what to do, it writes a result file or says on standard output why not."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from riskmap.errors import BadFile, Problem
from riskmap.readers.sandbox import confine


def main() -> int:
    order = json.loads(sys.stdin.read())
    limits, paths = order["limits"], order["paths"]
    confine(limits)
    try:
        if order["task"] == "read":
            from riskmap.readers import kind

            kind.read(Path(paths["path"]), Path(paths["scratch"]), limits).write(Path(paths["result"]))
        elif order["task"] == "examine":
            from riskmap.readers import attachment

            attachment.examine(Path(paths["path"]), Path(paths["result"]))
        else:
            from riskmap.readers import returned

            returned.mark(Path(paths["path"]), Path(paths["result"]), json.loads(Path(paths["marks"]).read_text("utf-8")), limits)
        return 0
    except Problem as fault:
        said = fault
    except MemoryError:
        said = BadFile(
            "解析所需内存超过上限 (reading needs more memory than allowed)", remedy="请拆分文件，删除多余的格式和工作表后重试"
        )
    except RecursionError:
        said = BadFile("文件嵌套过深 (nested too deep)", remedy="请重新导出文件")
    except Exception as fault:  # noqa: BLE001 whatever a stranger's file does to a library is the file's fault
        said = BadFile(
            f"文件无法解析 (cannot be read): {type(fault).__name__}", remedy="请用 Excel、WPS 或 QGIS 打开并另存后重试"
        )
    print(json.dumps({"status": said.status, "title": said.title, "where": said.where, "remedy": said.remedy}))
    return 3


if __name__ == "__main__":
    sys.exit(main())
