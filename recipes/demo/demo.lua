-- The demo: one recovery image, in the four forms in which it leaves the house.
--
-- It builds from a stand-in medium that the project makes itself, since no Windows may be shipped.
-- For real images put a Windows ISO into the media folder and change this one line:
local windows = source { media = "@media/stand-in.iso", image = "winre", arch = "amd64" }

local boot = wim {
  name = "helpdesk",
  title = "Help desk recovery",
  description = "Windows RE with the tools of the help desk",
  from = windows,
  overlays = { "common" },
  shell = "winre",                        -- Windows' own menu: a recovery partition must keep it
}

return {
  iso { boot = boot },
  usb { boot = boot },
  wds { boot = boot, anonymous = true },  -- who can reach the server may start it
  partition { boot = boot },
}
