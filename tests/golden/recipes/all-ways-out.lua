-- One image in all four forms; the copies of the image are edges of their own.
local windows = source { media = "@media/win11.iso", image = "winre" }
local boot = wim { name = "helpdesk", from = windows, shell = "winre" }
return {
  iso { boot = boot },
  usb { boot = boot, data = { "common" } },
  wds { boot = boot, anonymous = true },
  partition { boot = boot },
}
