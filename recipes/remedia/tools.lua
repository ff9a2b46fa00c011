-- The catalogue: tools by what they are for, under the names that support staff know from DaRT.
--
-- Most are what Windows itself carries; which of them a base has, the build finds out. Those that
-- need files of yours say so (`supply`) and cannot be allowed before they have them:
--
--   local tools = include "remedia/tools"
--   local locksmith = extend(tools.locksmith, { files = { "@dart/Toolsx64.cab" } })
--
-- A tier that does not allow a tool can forbid its programs: forbid = { tools.registry_editor.programs }.

local system32 = "Windows/System32/"

local tools = {}

-- Looks only -----------------------------------------------------------------------------------

tools.event_viewer = tool {
  id = "event-logs", title = "Event logs of Windows", group = "Look", risk = "data",
  description = "Shows the newest errors of the System log of the chosen Windows.",
  programs = { system32 .. "wevtutil.exe", system32 .. "cmd.exe" },
  command = [[%SYSTEMROOT%\System32\cmd.exe /k wevtutil.exe qe "%TARGET_WINDIR%\System32\winevt\Logs\System.evtx" /lf:true /c:50 /rd:true /f:text /q:"*[System[(Level<=2)]]"]],
  needs = { "windows" },
}

tools.tcpip = tool {
  id = "tcpip", title = "TCP/IP Config", group = "Network", risk = "low",
  description = "Shows adapters and addresses, and sets them by hand (netsh) where no DHCP server answers.",
  programs = { system32 .. "netsh.exe", system32 .. "ipconfig.exe", system32 .. "cmd.exe" },
  command = [[%SYSTEMROOT%\System32\cmd.exe /k ipconfig.exe /all]],
}

tools.boot_configuration = tool {
  id = "boot-configuration", title = "Boot configuration", group = "Look", risk = "low",
  description = "Lists the boot entries of this PC (bcdedit).",
  programs = { system32 .. "bcdedit.exe", system32 .. "cmd.exe" },
  command = [[%SYSTEMROOT%\System32\cmd.exe /k bcdedit.exe /enum]],
}

tools.disk_check = tool {
  id = "disk-check", title = "Check a disk", group = "Look", risk = "low",
  description = "Examines the file system of the chosen Windows without changing it (chkdsk, no repair).",
  programs = { system32 .. "chkdsk.exe", system32 .. "cmd.exe" },
  command = [[%SYSTEMROOT%\System32\cmd.exe /k chkdsk.exe "%TARGET_DRIVE%"]],
  needs = { "windows" },
}

-- Files of the PC --------------------------------------------------------------------------------

tools.explorer = tool {
  id = "explorer", title = "Explorer", group = "Files", risk = "data",
  description = "Looks at files and copies them off the PC.",
  supply = "a file manager that runs in Windows PE, and its command",
  command = [[%SYSTEMDRIVE%\Tools\explorer\explorer.exe]],
}

tools.file_search = tool {
  id = "file-search", title = "File Search", group = "Files", risk = "data",
  description = "Finds files of the chosen Windows by name.",
  programs = { system32 .. "where.exe", system32 .. "cmd.exe" },
  command = [[%SYSTEMROOT%\System32\cmd.exe /k echo where /r %TARGET_DRIVE%\ NAME]],
  needs = { "windows" },
}

tools.file_restore = tool {
  id = "file-restore", title = "File Restore", group = "Files", risk = "data",
  description = "Brings deleted files back.",
  supply = "DaRT's Toolsx64.cab, or another program that undeletes files",
  command = [[%SYSTEMDRIVE%\sources\recovery\tools\FileRestore.exe]],
}

-- Repair -------------------------------------------------------------------------------------------

tools.startup_repair = tool {
  id = "boot-repair", title = "Boot repair", group = "Repair", risk = "high",
  description = "Looks for installations of Windows and rebuilds the boot configuration (bootrec).",
  programs = { system32 .. "bootrec.exe", system32 .. "cmd.exe" },
  command = [[%SYSTEMROOT%\System32\cmd.exe /k bootrec.exe /scanos]],
}

tools.system_restore = tool {
  id = "system-restore", title = "System Restore", group = "Repair", risk = "high",
  description = "Sets the chosen Windows back to a restore point; files of its user stay.",
  programs = { system32 .. "rstrui.exe" },
  command = [[%SYSTEMROOT%\System32\rstrui.exe /offline:%TARGET_WINDIR%]],
  needs = { "windows" },
}

tools.sfc_scan = tool {
  id = "sfc", title = "SFC Scan", group = "Repair", risk = "high",
  description = "Checks the system files of the chosen Windows and replaces damaged ones.",
  programs = { system32 .. "sfc.exe", system32 .. "cmd.exe" },
  command = [[%SYSTEMROOT%\System32\cmd.exe /k sfc.exe /scannow /offbootdir=%TARGET_DRIVE%\ /offwindir=%TARGET_WINDIR%]],
  needs = { "windows" },
}

tools.hotfix_uninstall = tool {
  id = "hotfix-uninstall", title = "Hotfix Uninstall", group = "Repair", risk = "high",
  description = "Lists the updates of the chosen Windows and removes one (DISM).",
  programs = { system32 .. "Dism.exe", system32 .. "cmd.exe" },
  command = [[%SYSTEMROOT%\System32\cmd.exe /k dism.exe /Image:%TARGET_DRIVE%\ /Get-Packages /Format:Table]],
  needs = { "windows" },
}

tools.registry_editor = tool {
  id = "registry-editor", title = "Registry Editor", group = "Repair", risk = "high",
  description = "Edits the registry. Load a hive of the chosen Windows below HKLM first.",
  programs = { "Windows/regedit.exe" },
  command = [[%SYSTEMROOT%\regedit.exe]],
}

tools.command_prompt = tool {
  id = "command-prompt", title = "Command prompt", group = "Repair", risk = "destructive",
  description = "Everything that the image has, without a question asked.",
  programs = { system32 .. "cmd.exe" },
  command = [[%SYSTEMROOT%\System32\cmd.exe]],
}

tools.locksmith = tool {
  id = "locksmith", title = "Locksmith", group = "Accounts", risk = "high",
  description = "Sets the password of a local account.",
  supply = "DaRT's Toolsx64.cab, or another program that does it",
  command = [[%SYSTEMDRIVE%\sources\recovery\tools\Locksmith.exe]],
  needs = { "windows" },
}

-- Disks --------------------------------------------------------------------------------------------

tools.disk_commander = tool {
  id = "disk-commander", title = "Disk Commander", group = "Disks", risk = "destructive",
  description = "Partitions, volumes, and what hides them (DiskPart).",
  programs = { system32 .. "diskpart.exe" },
  command = [[%SYSTEMROOT%\System32\diskpart.exe]],
}

tools.disk_wipe = tool {
  id = "disk-wipe", title = "Disk Wipe", group = "Disks", risk = "destructive",
  description = "Overwrites a whole disk (DiskPart, clean all). Nothing brings its data back.",
  programs = { system32 .. "diskpart.exe" },
  command = [[%SYSTEMROOT%\System32\diskpart.exe]],
}

tools.computer_management = tool {
  id = "computer-management", title = "Computer Management", group = "Repair", risk = "high",
  description = "Services and drivers of the chosen Windows.",
  supply = "DaRT's Toolsx64.cab, or another program that does it",
  command = [[%SYSTEMDRIVE%\sources\recovery\tools\ComputerManagement.exe]],
  needs = { "windows" },
}

-- Evidence, malware, help ------------------------------------------------------------------------

tools.crash_analyzer = tool {
  id = "crash-analyzer", title = "Crash Analyzer", group = "Evidence", risk = "data",
  description = "Reads the memory dump of the last blue screen and names the driver.",
  supply = "the Debugging Tools for Windows (folder x64) and symbols",
  command = [[%SYSTEMDRIVE%\Tools\debuggers\kd.exe -z %TARGET_WINDIR%\MEMORY.DMP -c "!analyze -v; q"]],
  needs = { "windows" },
}

tools.defender = tool {
  id = "defender", title = "Defender scan", group = "Malware", risk = "high",
  description = "Searches the disks for malware while Windows does not run.",
  supply = "the scanner of Microsoft Defender Offline and its definitions",
  command = [["%SYSTEMDRIVE%\Program Files\Microsoft Security Client\OfflineScannerShell.exe"]],
  needs = { "windows" },
}

tools.remote_connection = tool {
  id = "remote-connection", title = "Remote Connection", group = "Help", risk = "high",
  description = "Lets the help desk drive this PC.",
  supply = "DaRT's Toolsx64.cab (RemoteRecovery.exe), or an agent of your own",
  command = [[%SYSTEMROOT%\System32\RemoteRecovery.exe -nomessage]],
  needs = { "network" },
}

return tools
