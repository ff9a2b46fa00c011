-- What is wrong with drivers before any of them is looked at.
local windows = source { media = "@media/win11.iso", image = "pe" }
return {
  wim { name = "a", from = windows, drivers = drivers { "nett" } },
  wim { name = "b", from = windows, drivers = drivers { "net", required = "PCI\\VEN_8086, DEV_15FB" } },
  wim { name = "c", from = windows, drivers = drivers { "net", max_size = "big" } },
  wim { name = "d", from = windows, drivers = drivers { "net", anchors = "fleet/roots.pem" } },
  wim { name = "e", from = windows, drivers = drivers { { arm64 = "net" } } },
}
