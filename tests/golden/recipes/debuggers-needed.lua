-- A tool needs what the image does not have; another one provides one of them.
local windows = source { media = "@media/win11.iso", image = "winre" }
local crash = tool {
  id = "crash", title = "Crash", description = "Reads a dump.", risk = "data",
  programs = { "Windows/System32/notepad.exe" }, command = "notepad.exe",
  needs = { "symbols", "debuggers" },
}
local scan = extend(crash, { id = "scan", title = "Scan", needs = { "definitions" } })
local own = extend(crash, { id = "own", title = "Own", needs = {}, provides = { "symbols" } })
local kit = debuggers { "drivers/net" }
return {
  wim { name = "a", from = windows, tier = tier { name = "1", allow = { crash, own } } },
  wim { name = "b", from = windows, tier = tier { name = "2", allow = { crash } }, debuggers = kit },
  wim { name = "c", from = windows, tier = tier { name = "3", allow = { scan } }, debuggers = kit },
  wim { name = "d", from = windows, tier = tier { name = "4", allow = { crash, own } },
        debuggers = kit },
}
