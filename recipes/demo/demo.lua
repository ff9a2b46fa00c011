-- The demo: one recovery image in one ISO.
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
}

return { iso { boot = boot } }
