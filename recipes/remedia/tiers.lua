-- Three support levels, as an example to start from: extend(tiers.L1, { expires = "90d", ... }).
--
-- L1 looks, on site or with help from afar; L2 repairs; L3 may do everything. What a level may not
-- have is not in its image.

local tools = include "remedia/tools"

-- What would do the work of a forbidden tool under another name.
local shells = { "Windows/System32/cmd.exe", "Windows/System32/WindowsPowerShell",
                 "Windows/System32/cscript.exe", "Windows/System32/wscript.exe",
                 "Windows/System32/mshta.exe", "Windows/System32/Taskmgr.exe" }
local disks = { tools.disk_commander.programs, "Windows/System32/format.com" }

return {
  L1 = tier {
    name = "L1",
    allow = { tools.system_restore },
    forbid = { tools.registry_editor.programs, disks, shells },
    network = true,
    confirm = "high",
  },
  L2 = tier {
    name = "L2",
    allow = { tools.tcpip, tools.boot_configuration, tools.disk_check, tools.file_search,
              tools.event_viewer, tools.startup_repair, tools.system_restore, tools.sfc_scan,
              tools.hotfix_uninstall },
    forbid = { tools.registry_editor.programs, disks },
    network = true,
    bitlocker = true,
  },
  L3 = tier {
    name = "L3",
    allow = { tools.tcpip, tools.boot_configuration, tools.disk_check, tools.file_search,
              tools.event_viewer, tools.startup_repair, tools.system_restore, tools.sfc_scan,
              tools.hotfix_uninstall, tools.registry_editor, tools.disk_commander,
              tools.disk_wipe, tools.command_prompt },
    network = true,
    bitlocker = true,
  },
}
