-- The catalogue: tools by what they do, under the titles that support staff know from DaRT.
--
-- Most are what Windows itself carries, some with a small batch file of ours around it (files/);
-- whether a base has the programs, the build finds out. `winre` has all of them; a plain Windows PE
-- lacks bootrec, rstrui and Startup Repair.
--
-- Entries with `supply` need files of yours, and no tier can allow them before they have some:
--
--   local tools = include "remedia/tools"
--   local dart = { files = { overlay { "@media/Toolsx64.cab",     -- of your copy of DaRT
--                                      leave_out = { "Windows/System32/winpeshl.ini" } } } }
--   local locksmith = extend(tools.locksmith, dart)
--
-- What a tier's people can do with an entry beyond its title is said where it matters: each that
-- starts cmd.exe brings a command interpreter into the image. The batch files here give no prompt:
-- cmd /c ends with them, also after Ctrl+C, and what people type is never part of a command line
-- that cmd reads. A file dialog, such as Notepad's, starts any program that it shows; so no tool
-- but `explorer` has one.
--
-- `programs` names all that a tool starts, cmd.exe included; what a tier should rather forbid, to
-- keep a tool away, remedia/tiers has by kinds of work.

local system32 = "Windows/System32/"
local cmd = system32 .. "cmd.exe"
local more = system32 .. "more.com"

local windows_licence = "part of Windows, under its licence"
local dart_licence = "DaRT, under the terms of MDOP"

-- What is the same for all that run a batch file of ours. The first thing that cmd sees is no
-- quotation mark, so it changes nothing in the rest.
local function batch(name, target)
  return {
    files = { overlay { "./files/" .. name .. ".cmd", to = "Remedia/Tools" } },
    command = [[cmd.exe /d /c %SYSTEMDRIVE%\Remedia\Tools\]] .. name .. ".cmd" ..
      (target and [[ "%TARGET_WINDIR%"]] or ""),
    needs = target and { "windows" } or nil,
  }
end

-- A tool of Windows: `how` is from batch() or a table of its own.
local function of_windows(how, fields)
  for _, part in ipairs { how, { licence = windows_licence } } do
    for key, value in pairs(part) do
      if fields[key] == nil then fields[key] = value end
    end
  end
  return fields
end

-- One of DaRT's own. Which program of the payload a tool is, is not documented; its window is, and
-- has them all. DartConfig.dat, where DaRT keeps which of them it shows, is yours as well.
local function of_dart(fields)
  fields.supply = fields.supply or
    "DaRT's Toolsx64.cab, which brings ALL tools of DaRT into the image and wants the base " ..
    "winre; or another program that does this: files and command"
  fields.command = [[%SYSTEMDRIVE%\sources\recovery\tools\MSDartTools.exe]]
  fields.needs = { "windows" }
  fields.licence = dart_licence
  return fields
end

local tools = {}

-- Looks only -------------------------------------------------------------------------------------

-- The menu itself shows what these print (show_output), so they serve tiers without cmd.exe too.

-- Microsoft describes chkdsk's code 3 as: not checked, or errors that are to stay.
tools.disk_check = tool(of_windows({}, {
  id = "disk-check", title = "Check Disk", group = "Look", risk = "low",
  description = "Examines the file system of the chosen Windows and changes nothing (chkdsk). " ..
    "Code 3: there are errors, or it could not look.",
  programs = { system32 .. "chkdsk.exe" },
  command = "chkdsk.exe %TARGET_DRIVE%", show_output = true,
  needs = { "windows" },
}))

tools.boot_configuration = tool(of_windows({}, {
  id = "boot-configuration", title = "Boot Configuration", group = "Look", risk = "low",
  description = "Lists everything in the boot menu of this PC (bcdedit). Changes nothing.",
  programs = { system32 .. "bcdedit.exe" },
  command = "bcdedit.exe /enum all", show_output = true,
}))

local function log_of_windows(id, name)
  return tool(of_windows({}, {
    id = id, title = "Event Logs: " .. name, group = "Look", risk = "data",
    description = "Shows the 50 newest errors in the " .. name .. " log of the chosen Windows.",
    programs = { system32 .. "wevtutil.exe" },
    command = [[wevtutil.exe query-events "%TARGET_WINDIR%\System32\winevt\Logs\]] .. name ..
      [[.evtx" /logfile:true /count:50 /reversedirection:true /format:text ]] ..
      [=["/query:*[System[(Level=1 or Level=2)]]"]=],
    show_output = true,
    needs = { "windows" },
  }))
end
tools.event_logs = log_of_windows("event-logs", "System")
tools.application_log = log_of_windows("application-log", "Application")

tools.solution_wizard = tool(of_windows(batch("solution-wizard"), {
  id = "solution-wizard", title = "Solution Wizard", group = "Look", risk = "low",
  description = "Asks what is wrong and names the tool for it. It changes nothing; it may name " ..
    "a tool that this menu does not have.",
  programs = { cmd },
}))

-- Network ----------------------------------------------------------------------------------------

tools.ip_configuration = tool(of_windows({}, {
  id = "ip-configuration", title = "IP Configuration", group = "Network", risk = "low",
  description = "Shows all adapters with their addresses, routers and DNS servers (ipconfig).",
  programs = { system32 .. "ipconfig.exe" },
  command = "ipconfig.exe /all", show_output = true,
}))

tools.tcp_ip_config = tool(of_windows(batch("tcp-ip-config"), {
  id = "tcp-ip-config", title = "TCP/IP Config", group = "Network", risk = "low",
  description = "Shows adapters and addresses, and sets them by hand where no DHCP server " ..
    "answers. It lasts until the restart; Windows on the disk stays as it is.",
  programs = { system32 .. "netsh.exe", cmd },
}))

-- netsh's own prompt, which starts no programs: for tiers without cmd.exe. What remains is that it
-- loads a helper DLL which somebody wrote for it and brings on a stick (add helper).
tools.network_shell = tool(of_windows({}, {
  id = "network-shell", title = "Network Shell", group = "Network", risk = "low",
  description = "Shows and sets addresses by commands (netsh): show config; set address; bye " ..
    "ends it. It lasts until the restart; Windows on the disk stays as it is.",
  programs = { system32 .. "netsh.exe" },
  command = [[netsh.exe -c "interface ipv4"]],
}))

-- Files of the PC --------------------------------------------------------------------------------

tools.file_search = tool(of_windows(batch("file-search", true), {
  id = "file-search", title = "File Search", group = "Files", risk = "data",
  description = "Lists files on the drive of the chosen Windows whose names hold a text.",
  programs = { cmd, more },
}))

-- Windows PE has no Explorer. Notepad's dialog copies, renames and deletes, and starts any program
-- that it shows, on the PC's disk too: who has it, has a command prompt. For a file manager of your
-- own: extend(tools.explorer, { files = { ... }, command = ..., programs = {} }).
tools.explorer = tool(of_windows({}, {
  id = "explorer", title = "Explorer", group = "Files", risk = "high",
  description = "Files by the dialog of Notepad: File, Open, All Files; the right button " ..
    "copies, renames and deletes them. Whoever has this can start any program.",
  programs = { system32 .. "notepad.exe" },
  command = "notepad.exe",
}))

tools.file_restore = tool(of_dart {
  id = "file-restore", title = "File Restore", group = "Files", risk = "data",
  description = "Brings deleted files back: choose File Restore in DaRT's window. Save them to " ..
    "another disk. From an SSD little comes back.",
})

-- Repair -----------------------------------------------------------------------------------------

-- The program that Windows RE starts by itself after two failed starts.
tools.startup_repair = tool(of_windows({}, {
  id = "startup-repair", title = "Startup Repair", group = "Repair", risk = "high",
  description = "Windows' own repair of what keeps it from starting: boot files, damaged system " ..
    "files, a bad update. It says what it did; it cannot be undone as a whole.",
  programs = { "sources/recovery/StartRep.exe" },
  command = [[%SYSTEMDRIVE%\sources\recovery\StartRep.exe]],
}))

tools.boot_repair = tool(of_windows(batch("boot-repair"), {
  id = "boot-repair", title = "Boot Repair", group = "Repair", risk = "high",
  description = "Finds installations of Windows, adds missing ones to the boot menu, writes " ..
    "boot code anew (bootrec), one step at a time.",
  programs = { system32 .. "bootrec.exe", cmd },
}))

tools.disk_repair = tool(of_windows(batch("disk-repair", true), {
  id = "disk-repair", title = "Repair Disk", group = "Repair", risk = "high",
  description = "Examines the file system of the chosen Windows and, if told to, repairs it " ..
    "(chkdsk /f). Save files first if the disk is about to fail.",
  programs = { system32 .. "chkdsk.exe", cmd },
}))

tools.system_restore = tool(of_windows({}, {
  id = "system-restore", title = "System Restore", group = "Repair", risk = "high",
  description = "Sets the chosen Windows back to a restore point, if it has one. Programs and " ..
    "drivers that came later are gone; documents stay.",
  programs = { system32 .. "rstrui.exe" },
  command = [[rstrui.exe /offline:%TARGET_WINDIR%]],
  needs = { "windows" },
}))

tools.sfc_scan = tool(of_windows(batch("sfc-scan", true), {
  id = "sfc-scan", title = "SFC Scan", group = "Repair", risk = "high",
  description = "Checks the system files of the chosen Windows and replaces damaged ones from " ..
    "its own store. It takes a quarter of an hour and more.",
  programs = { system32 .. "sfc.exe", cmd },
}))

tools.hotfix_uninstall = tool(of_windows(batch("hotfix-uninstall", true), {
  id = "hotfix-uninstall", title = "Hotfix Uninstall", group = "Repair", risk = "high",
  description = "Lists the updates of the chosen Windows and removes one, or takes back updates " ..
    "that are half installed (DISM). Some updates are permanent and stay.",
  programs = { system32 .. "Dism.exe", cmd },
}))

-- reg.exe does the work of regedit.exe: a tier that forbids the registry cannot allow this.
tools.computer_management = tool(of_windows(batch("computer-management", true), {
  id = "computer-management", title = "Computer Management", group = "Repair", risk = "high",
  description = "Lists added drivers of the chosen Windows, shows how a service or driver " ..
    "starts, and switches it off. A wrong one off can keep Windows from starting.",
  programs = { system32 .. "Dism.exe", system32 .. "reg.exe", cmd, more },
}))

tools.registry_editor = tool(of_windows(batch("registry-editor", true), {
  id = "registry-editor", title = "Registry Editor", group = "Repair", risk = "high",
  description = "Edits the registry of the chosen Windows, below HKEY_LOCAL_MACHINE as " ..
    "PC_SYSTEM, PC_SOFTWARE and PC_DEFAULT. There is no undo; export a key before you change it.",
  programs = { "Windows/regedit.exe", system32 .. "reg.exe", cmd },
}))

tools.command_prompt = tool(of_windows({}, {
  id = "command-prompt", title = "Command Prompt", group = "Repair", risk = "destructive",
  description = "Every program of this image and of the PC's disk, without a question asked.",
  programs = { cmd },
  command = "cmd.exe /k",
}))

tools.locksmith = tool(of_dart {
  id = "locksmith", title = "Locksmith", group = "Accounts", risk = "high",
  description = "Sets the password of a local account: choose Locksmith in DaRT's window. Not " ..
    "for accounts of a domain or of Microsoft. Files that the account encrypted are lost.",
})

-- Disks ------------------------------------------------------------------------------------------

tools.disk_commander = tool(of_windows({}, {
  id = "disk-commander", title = "Disk Commander", group = "Disks", risk = "destructive",
  description = "Partitions and volumes by commands (DiskPart): list, create, delete. It obeys " ..
    "at once and asks nothing. It does not find lost partitions.",
  programs = { system32 .. "diskpart.exe" },
  command = "diskpart.exe",
}))

tools.disk_wipe = tool(of_windows(batch("disk-wipe"), {
  id = "disk-wipe", title = "Disk Wipe", group = "Disks", risk = "destructive",
  description = "Overwrites a whole disk with zeros, once (DiskPart). It shows the disk and " ..
    "asks before. Nothing brings the data back; what an SSD has set aside may remain.",
  programs = { system32 .. "diskpart.exe", cmd },
}))

-- Evidence and malware ---------------------------------------------------------------------------

-- It needs debuggers and symbols, which the image has by its own fields:
--   wim { ..., debuggers = debuggers { ... }, symbols = symbols { ... } }
-- The debugger gets neither input nor a shell, so its prompt is none to people.
tools.crash_analyzer = tool(of_windows(batch("crash-analyzer", true), {
  id = "crash-analyzer", title = "Crash Analyzer", group = "Evidence", risk = "data",
  description = "Examines a memory dump of the chosen Windows and names the driver that " ..
    "stopped it. Only as good as the symbols that this image has.",
  programs = { cmd, more },
  needs = { "windows", "debuggers", "symbols" },
}))

-- The scanner of an installed Windows does not run in Windows PE, and DaRT 10 has none. What it
-- compares with is the image's: wim { ..., defender = defender { ... } }.
tools.defender_scan = tool {
  id = "defender-scan", title = "Defender scan", group = "Malware", risk = "high",
  description = "Searches the disks for malware while Windows does not run, and removes it. " ..
    "Only as good as its definitions are new.",
  supply = "the scanner of Microsoft Defender Offline (the folder Microsoft Security Client), " ..
    "to = \"Program Files/Microsoft Security Client\"; without it nothing scans",
  command = [["%SYSTEMDRIVE%\Program Files\Microsoft Security Client\OfflineScannerShell.exe"]],
  needs = { "definitions" },
  licence = "Microsoft Defender Offline",
}

-- Help from afar ---------------------------------------------------------------------------------
-- Agents for remote { agent = ... }. Who is let in drives all that this image has, no more: what
-- the tier does not allow is not there for a helper either.

-- DaRT's agent makes a ticket of its own and writes it to inv32.xml; the viewer is DaRT's.
tools.remote_connection = tool {
  id = "remote-connection", title = "Remote Connection", group = "Help", risk = "high",
  description = "Lets the help desk see and drive this PC from the same network, with DaRT's " ..
    "viewer.",
  supply = "DaRT's Toolsx64.cab, which brings ALL tools of DaRT into the image; or of it only " ..
    "RemoteRecovery.exe and the libraries that it imports, in Windows/System32",
  command = [[%SYSTEMROOT%\System32\RemoteRecovery.exe -nomessage]],
  needs = { "network" },
  licence = dart_licence,
}

-- Any other: a VNC server, an agent of a support product. Give files and, if its name or its
-- options differ, the command; what it cannot do with a ticket, it does with a password of yours.
tools.remote_agent = tool {
  id = "remote-agent", title = "Remote Connection (own agent)", group = "Help", risk = "high",
  description = "Lets the help desk see and drive this PC by a program of your own.",
  supply = "a remote-control program that runs in Windows PE, as agent.exe in Remedia/Agent, " ..
    "that listens on one port; or files and command of another",
  command = [[%SYSTEMDRIVE%\Remedia\Agent\agent.exe --port {port} --ticket {ticket}]],
  needs = { "network" },
  licence = "that of your agent",
}

return tools
