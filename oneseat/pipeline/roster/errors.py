"""Refusals of roster files: unreadable, without a column, faulty or changed."""

from __future__ import annotations

from signing.errors import ExitStatus, OneSeatError
from signing.text import Text


class RosterUnreadable(OneSeatError):
    """A roster is unreadable, damaged, or neither CSV nor XLSX."""

    number = 86
    cause = Text("The roster {file} cannot be read: {reason.en}.", "考生名单 {file} 无法读取：{reason.zh}。")
    remedy = Text(
        "Save it as .xlsx, or as .csv in UTF-8 or GB18030, and close it in other programs.",
        "请另存为 .xlsx，或 UTF-8、GB18030 编码的 .csv，并在其他程序中关闭该文件。",
    )


class RosterColumnsMissing(OneSeatError):
    """None of the roster's first rows names the columns that are needed."""

    number = 87
    cause = Text(
        "The roster {file} has no column for {missing.en}. {seen.en}",
        "考生名单 {file} 缺少以下列：{missing.zh}。{seen.zh}",
    )
    remedy = Text(
        "Name the columns in one of the first 10 rows (姓名, 身份证号, 准考证号; or name, id_number, "
        "admission_number), or say which title is meant: --column id_number=证件号码.",
        "请在前 10 行内注明列名（姓名、身份证号、准考证号），"
        "或用 --column 指明所用的列名，例如 --column id_number=证件号码。",
    )


class RosterMissing(OneSeatError):
    """There is no file where the roster should be."""

    number = 640
    exit_status = ExitStatus.INPUT
    cause = Text("There is no file {path}.", "找不到文件 {path}。")
    remedy = Text(
        "Check folder and name of the roster, its extension too: a computer may hide .xlsx or .csv.",
        "请核对考生名单所在的文件夹和文件名，包括 .xlsx、.csv 等扩展名（系统可能不显示扩展名）。",
    )


class RosterIsFolder(OneSeatError):
    """A folder was given instead of a roster."""

    number = 641
    exit_status = ExitStatus.INPUT
    cause = Text("{path} is a folder.", "{path} 是文件夹，不是文件。")
    remedy = Text("Name the roster's file in it.", "请写明文件夹中考生名单的文件名。")


class RosterIsPipe(OneSeatError):
    """A pipe or a device was given instead of a roster's file."""

    number = 642
    exit_status = ExitStatus.INPUT
    cause = Text(
        "The roster {path} is a pipe or a device, which can be read only once.",
        "考生名单 {path} 是管道或设备，只能读取一次。",
    )
    remedy = Text(
        "Save the roster as a file first. It is read several times, and never copied anywhere.",
        "请先将考生名单保存为文件：名单需要多次读取，程序不会另存副本。",
    )


class RosterWebPage(OneSeatError):
    """A web page or an XML table was saved under the name of a workbook."""

    number = 643
    exit_status = ExitStatus.INPUT
    cause = Text(
        "The roster {file} is {what.en}, whatever its name says.", "考生名单 {file} 实际上是{what.zh}。"
    )
    remedy = Text(
        "Open it in Excel or WPS, choose Save As, and save it as an Excel workbook (.xlsx).",
        "请用 Excel 或 WPS 打开，选择“另存为”，保存类型选“Excel 工作簿（.xlsx）”。",
    )


class RosterLockFile(OneSeatError):
    """The small file was given that Excel, WPS or LibreOffice keeps beside a file that is open."""

    number = 644
    exit_status = ExitStatus.INPUT
    cause = Text(
        "{file} is no roster: a spreadsheet program keeps it while the roster is open.",
        "{file} 不是考生名单，而是表格软件打开名单时产生的临时文件。",
    )
    remedy = Text(
        "Close the roster in that program, and name the file without the leading ~$ or .~lock.",
        "请在表格软件中关闭名单，并使用不带“~$”或“.~lock”的文件名。",
    )


class RosterBig5(OneSeatError):
    """A text file is encoded in Big5."""

    number = 645
    exit_status = ExitStatus.INPUT
    cause = Text(
        "The roster {file} is encoded in Big5, which lacks simplified characters.",
        "考生名单 {file} 采用 Big5（繁体）编码，其中没有简体字。",
    )
    remedy = Text(
        "Save it as .xlsx, or as .csv in UTF-8, and compare the names with the original.",
        "请另存为 .xlsx 或 UTF-8 编码的 .csv，并与原始名单核对姓名。",
    )


class RosterSeparator(OneSeatError):
    """A text file separates its columns by a character that names may hold."""

    number = 646
    exit_status = ExitStatus.INPUT
    cause = Text(
        "The columns of the roster {file} are separated by {separator}.",
        "考生名单 {file} 的各列以“{separator}”分隔。",
    )
    remedy = Text(
        "Separate them by commas (,) or tabs, or save the roster as .xlsx.",
        "请改用半角逗号（,）或制表符分隔，或另存为 .xlsx。",
    )


class RosterNoTable(OneSeatError):
    """The file is of a kind that holds no table."""

    number = 647
    exit_status = ExitStatus.INPUT
    cause = Text("The roster {file} is {what.en}, not a table.", "考生名单 {file} 是{what.zh}，不是表格。")
    remedy = Text(
        "Give the table itself: an Excel workbook (.xlsx, .xls) or a text file with commas (.csv).",
        "请提供表格文件：Excel 工作簿（.xlsx、.xls）或逗号分隔的文本文件（.csv）。",
    )


class RosterEmpty(OneSeatError):
    """The roster has no candidates."""

    number = 648
    exit_status = ExitStatus.INPUT
    cause = Text("The roster {file} names no candidate.", "考生名单 {file} 中没有考生。")
    remedy = Text(
        "Open it and look for the list: it may be on another sheet, or the export may have failed.",
        "请打开文件检查名单是否存在：可能在另一张工作表中，也可能导出时没有成功。",
    )


class RosterEncrypted(OneSeatError):
    """A workbook is encrypted with a password, or in a way that is not known."""

    number = 649
    exit_status = ExitStatus.INPUT
    cause = Text(
        "The roster {file} is encrypted: a password is needed to open it, or its encryption is unknown.",
        "考生名单 {file} 已加密：打开时需要密码，或加密方式无法识别。",
    )
    remedy = Text(
        "Open it in Excel, empty the password in File, Info, Protect Workbook, Encrypt with Password (in "
        "WPS: File, Document Encryption, Password), and save it.",
        "请用 Excel 打开，在“文件—信息—保护工作簿—用密码进行加密”中清空密码后保存"
        "（WPS 为“文件—文档加密—密码加密”），再试。",
    )


class RosterTooLarge(OneSeatError):
    """A workbook would not fit into memory."""

    number = 650
    exit_status = ExitStatus.INPUT
    cause = Text(
        "The roster {file} spans {rows} rows and {columns} columns, {mib} MiB unpacked.",
        "考生名单 {file} 的表格共 {rows} 行 {columns} 列，解压后 {mib} MiB。",
    )
    remedy = Text(
        "Delete stray cells and pictures beyond the list, or save it as CSV.",
        "请删除名单以外的多余单元格和图片，或另存为 CSV。",
    )


class RosterSheetsAmbiguous(OneSeatError):
    """Several visible sheets of a workbook hold a roster."""

    number = 651
    exit_status = ExitStatus.INPUT
    cause = Text(
        "The roster {file} has several sheets with candidates: {sheets.en}.",
        "考生名单 {file} 中有多张工作表含考生：{sheets.zh}。",
    )
    remedy = Text(
        "Name the one to read with --sheet NAME, or read all of them with --sheet all.",
        "请用 --sheet 名称 指定要读取的工作表，或用 --sheet all 读取全部。",
    )


class RosterSheetUnknown(OneSeatError):
    """The roster has no sheet of the name that was given."""

    number = 652
    exit_status = ExitStatus.INPUT
    cause = Text(
        "The roster {file} has no sheet {sheet}. Its sheets: {sheets.en}.",
        "考生名单 {file} 中没有工作表“{sheet}”。现有工作表：{sheets.zh}。",
    )
    remedy = Text("Name one of these with --sheet.", "请用 --sheet 指定其中一张。")


class RosterColumnsDoubled(OneSeatError):
    """Two titles of a roster name the same column equally well."""

    number = 653
    exit_status = ExitStatus.INPUT
    cause = Text(
        "The roster {file} has several columns for {column.en}: {titles.en}.",
        "考生名单 {file} 中有多列都像“{column.zh}”：{titles.zh}。",
    )
    remedy = Text(
        "Say which one is meant: --column {key}=TITLE. If two have one title, rename one in the file.",
        "请用 --column {key}=列名 指定所用的一列；如列名相同，请先在文件中改名。",
    )


class RosterColumnUnknown(OneSeatError):
    """No title of the roster is the one that was named for a column."""

    number = 654
    exit_status = ExitStatus.INPUT
    cause = Text(
        "The roster {file} has no column with the title {titles.en}. {seen.en}",
        "考生名单 {file} 中没有列名为“{titles.zh}”的列。{seen.zh}",
    )
    remedy = Text(
        "Give --column (or `column` in the settings file) a title as the file has it.",
        "请按文件中的列名填写 --column（或配置文件中的 column）。",
    )


class RosterFaulty(OneSeatError):
    """Under ``--strict``, a single faulty row stops the whole roster."""

    number = 88
    cause = Text(
        "{faulty} of {rows} rows of the roster {file} are faulty.",
        "考生名单 {file} 共 {rows} 行，其中 {faulty} 行有误。",
    )
    remedy = Text(
        "Correct the rows that `oneseat roster check` lists, or leave --strict out to go on without them.",
        "请按 `oneseat roster check` 列出的问题更正，或去掉 --strict 先处理其余考生。",
    )


class RosterChanged(OneSeatError):
    """The roster's file changed while it was being read."""

    number = 89
    cause = Text("The roster {file} changed while it was read.", "读取期间考生名单 {file} 发生了变化。")
    remedy = Text(
        "Close it in other programs and run the command again.", "请在其他程序中关闭该文件后重新运行。"
    )


class SampleTooLarge(OneSeatError):
    """More fictitious candidates are requested than there are distinct numbers."""

    number = 96
    cause = Text(
        "A sample of this exam can have at most {most} candidates.", "本场考试的示例名单最多 {most} 人。"
    )
    remedy = Text(
        "Ask for fewer, or give admission numbers more characters in the exam file.",
        "请减少人数，或在考试文件中增加准考证号的位数。",
    )
