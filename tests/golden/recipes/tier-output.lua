local windows = source { media = "@media/win11.iso", image = "winre" }
local ip = tool {
  id = "ip", title = "Network addresses", description = "Shows them.", risk = "low",
  programs = { "Windows/System32/notepad.exe" }, command = "ipconfig.exe /all", show_output = true,
}
local level = tier { name = "L1", allow = { ip } }
return wim { name = "x", from = windows, tier = level }
