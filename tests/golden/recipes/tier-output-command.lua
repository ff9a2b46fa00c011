local windows = source { media = "@media/win11.iso", image = "winre" }
local dlls = tool {
  id = "dlls", title = "Libraries", description = "Are there for others.", risk = "low",
  programs = { "Windows/System32/notepad.exe" }, show_output = true,
}
local level = tier { name = "L1", allow = { dlls } }
return wim { name = "x", from = windows, tier = level }
