-- Fields of drivers that are none.
local windows = source { media = "@media/win11.iso", image = "pe" }
return wim {
  name = "a", from = windows,
  drivers = {
    drivers { "net", only_clas = "Net" },
    drivers { "net", boot_start = "yes" },
    drivers {},
    drivers { "net", required = { 8086 } },
    drivers { overlay "common" },
    overlay "common",
    "/srv/drivers",
  },
}
