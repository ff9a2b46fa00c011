-- What remove takes, and where its mistakes are shown.
local boot = wim {
  name = "pe",
  from = source { media = "@media/win11.iso", image = "pe" },
  remove = {
    "setup.exe",
    5,
    { "sources", everwhere = true },
    { everywhere = true },
    remove { "a", everywhere = "yes" },
    { "" },
  },
}
return boot
