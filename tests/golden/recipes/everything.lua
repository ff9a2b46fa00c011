-- Every field of every word.
local newer = source { media = "media/newer.iso", image = "winre", edition = "Windows 11 Pro" }
local windows = source {
  media = { amd64 = "@media/win11.iso", arm64 = "@media/arm64.iso" },
  image = "Windows 11 Pro",
  arch = "amd64",
  boot_files = newer,
}
local boot = wim {
  name = "helpdesk",
  title = "Help desk",
  description = "Für den Außendienst: $5 & \"quotes\"",
  from = windows,
  overlays = { "common", overlay { path = "tools", to = "Tools" } },
  compression_level = 50,
}
return iso {
  boot = boot, name = "helpdesk-x64", label = "HELPDESK_X64", timeout = 5, locale = "de-DE",
  prompt = true, ems = true,
}
