-- Debuggers: every field, a folder and an archive, one value in two images, two architectures; and
-- the tool that needs them.
local windows = source { media = "@media/win11.iso", image = "winre" }
local kit = debuggers { { amd64 = "drivers/net", arm64 = "@media/debuggers.zip" } }
local crash = tool {
  id = "crash", title = "Crash", description = "Reads a dump.", risk = "data",
  programs = { "Windows/System32/notepad.exe" }, command = "notepad.exe",
  needs = { "debuggers" },
}
return {
  wim { name = "one", from = windows, debuggers = kit, tier = tier { name = "L3", allow = crash } },
  wim { name = "two", from = windows, debuggers = debuggers { "drivers/net" } },
  wim {
    name = "arm", debuggers = kit,
    from = source { media = "@media/arm64.iso", image = "winre", arch = "arm64" },
  },
  wim {
    name = "fields", from = windows,
    debuggers = debuggers { "drivers/net", to = "Tools/Debuggers", allow_missing = { "a.dll", "b*.dll" } },
  },
}
