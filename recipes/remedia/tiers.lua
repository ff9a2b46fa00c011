-- Three support levels to start from. Each fleet gives its own day and contact:
--
--   local tiers = include "remedia/tiers"
--   local l1 = extend(tiers.L1, { expires = "90d", contact = "Service desk, 555 0100" })
--
-- L1 diagnoses, most of the time with help from afar; L2 stands before the PC and repairs it; L3
-- may do everything. What a level may not do is not forbidden to it but absent: a tool that is not
-- allowed is not in the image, and `forbid` takes out what the base carries under every name that
-- has the content. Each level has all that the one below it has.
--
-- For Remote Connection add an agent of yours (see remedia/tools):
--   remote = { agent = extend(tools.remote_connection, { files = { ... } }), port = 3388 }

local tools = include "remedia/tools"

local system32 = "Windows/System32/"

local function in_system32(names)
  local paths = {}
  for i, name in ipairs(names) do paths[i] = system32 .. name end
  return paths
end

-- By what they do, not by what they are called: a tool that is left out comes back by each of them.

-- Windows Setup, whose Shift+F10 is a command prompt. Both are needed to start it.
local setup = { "setup.exe", "sources/setup.exe" }

-- Run scripts, or start what is asked of them. Task Manager has "Run new task".
local script_hosts = in_system32 {
  "WindowsPowerShell", "cscript.exe", "wscript.exe", "mshta.exe", "wbem/WMIC.exe",
  "wbem/scrcons.exe", "Taskmgr.exe", "msdt.exe", "forfiles.exe", "ftp.exe", "mmc.exe",
}

-- Their dialogs for files start any program that they show, on the PC's disk too.
local file_dialogs = { system32 .. "notepad.exe", "Windows/notepad.exe", "Windows/explorer.exe",
                       "Program Files/Windows NT/Accessories/wordpad.exe",
                       "Program Files/Internet Explorer" }

local registry = { "Windows/regedit.exe",
                   in_system32 { "regedt32.exe", "reg.exe", "regini.exe" } }

-- Partitions, file systems and whole disks.
local disks = in_system32 { "diskpart.exe", "diskraid.exe", "format.com", "convert.exe",
                            "cipher.exe", "fsutil.exe", "mountvol.exe", "bmrui.exe" }

-- Change Windows, its files or what the PC starts.
local repair = { in_system32 { "bcdboot.exe", "bootrec.exe", "bootsect.exe",
                               "Dism.exe", "Dism", "sfc.exe", "rstrui.exe", "ReAgentc.exe",
                               "wusa.exe", "PkgMgr.exe", "systemreset.exe" },
                 "sources/recovery/StartRep.exe", "sources/recovery/RecEnv.exe",
                 "sources/recovery/BootRec.exe", "sources/recovery/bmrui.exe" }

-- Take files off the PC or put some onto it, and rights to them.
local copying = in_system32 { "robocopy.exe", "xcopy.exe", "replace.exe", "expand.exe",
                              "extrac32.exe", "makecab.exe", "tar.exe", "curl.exe", "bitsadmin.exe",
                              "certutil.exe", "net.exe", "net1.exe", "takeown.exe", "icacls.exe",
                              "cacls.exe", "attrib.exe", "compact.exe" }

-- A key protector that an engineer did not ask for. The launcher needs manage-bde.exe for
-- `bitlocker = true`, so only the level that does not unlock drives can do without.
local encryption = in_system32 { "manage-bde.exe", "repair-bde.exe" }

local command_prompt = { system32 .. "cmd.exe" }

-- L1: looks. No tool is of risk "high"; there is no cmd.exe, no script host and no file dialog. So
-- it has what the menu itself shows, and netsh's own prompt; more comes from the person at the other
-- end of Remote Connection. bcdedit and wevtutil could do more than they do here, but nothing lets
-- people give them a command line. Left, and known, for somebody who comes with a prepared stick:
-- netsh loads a helper DLL that was written for it, and while the network starts, wpeinit obeys an
-- unattend.xml (network = false ends that, and remote help with it).
local l1 = { tools.disk_check, tools.boot_configuration, tools.event_logs, tools.application_log,
             tools.ip_configuration, tools.network_shell }

-- L2: repairs, and destroys nothing at one stroke. Its batch files need cmd.exe, so a command
-- interpreter is in the image; none of its tools opens a prompt or a file dialog, Ctrl+C ends a
-- batch file with its window, and what could be done from a prompt with disks or the registry is
-- absent. Still: treat it as reachable by somebody with a stick and an afternoon.
local l2 = { l1, tools.solution_wizard, tools.tcp_ip_config, tools.file_search,
             tools.startup_repair, tools.boot_repair, tools.disk_repair, tools.system_restore,
             tools.sfc_scan, tools.hotfix_uninstall }

-- L3: everything that needs no files of yours; add the others to `allow`. Who holds it can do
-- anything with the PC: let it expire soon, and do not offer it over the network.
local l3 = { l2, tools.explorer, tools.computer_management, tools.registry_editor,
             tools.disk_commander, tools.disk_wipe, tools.command_prompt }

return {
  L1 = tier {
    name = "L1",
    allow = l1,
    forbid = { setup, command_prompt, script_hosts, file_dialogs, registry, disks, repair, copying,
               encryption },
    network = true,
  },
  L2 = tier {
    name = "L2",
    allow = l2,
    forbid = { setup, script_hosts, file_dialogs, registry, disks },
    network = true,
    bitlocker = true,
    confirm = "high",
  },
  L3 = tier {
    name = "L3",
    allow = l3,
    forbid = { setup },
    network = true,
    bitlocker = true,
    confirm = "destructive",
  },
}
