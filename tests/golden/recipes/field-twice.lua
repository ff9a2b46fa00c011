-- Lua keeps the last of two fields of one name, without a word.
local boot = wim {
  name = "pe",
  from = source { media = "@media/win11.iso", image = "pe" },
  remove = { "setup.exe" },
  overlays = { "common" },
  ["remove"] = { "sources/**" },
}
return boot
