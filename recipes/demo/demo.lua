-- The demo: recovery images in the forms in which they leave the house, all of one Windows.
--
-- It builds from a stand-in medium that the project makes itself, since no Windows may be shipped.
-- For real images put a Windows ISO into the media folder and change this one line:
local windows = source { media = "@media/stand-in.iso", image = "winre", arch = "amd64" }

-- What Windows does not bring along: network and storage. Vendors sign their packages; nobody has
-- signed these examples, so they are named.
local packs = drivers {
  "@drivers/example-net", "@drivers/example-storage",
  allow_unsigned = { "example-net.inf", "example-storage.inf" },
}

-- For the PCs' own recovery partitions.
local boot = wim {
  name = "helpdesk",
  title = "Help desk recovery",
  description = "Windows RE with the tools of the help desk",
  from = windows,
  overlays = { "common" },
  drivers = packs,
  shell = "winre",                        -- Windows' own menu: a recovery partition must keep it
}

-- For three levels of support: what a level may not do is not in its image.
local tiers = include "remedia/tiers"
local tools = include "remedia/tools"

local function level(base, expires, overlays, evidence)
  local name = "helpdesk-" .. base.name:lower()
  evidence = evidence or {}
  return wim {
    name = name,
    title = "Help desk recovery " .. base.name,
    from = windows,
    overlays = overlays,
    drivers = packs,
    tier = extend(base, { expires = expires, contact = "Help desk, extension 100" }),
    defender = evidence.defender,
    debuggers = evidence.debuggers,
    symbols = evidence.symbols,
  }
end

local l1 = level(tiers.L1, "2028-12-31", {})                -- no cmd.exe for the script in common
local l2 = level(tiers.L2, "2028-06-30", { "common" })

-- What the third level knows of malware and of crashes. These are stand-ins as well: Microsoft's
-- packages are signed, and of real definitions 30 days are too many.
local evidence = {
  defender = defender { "@media/mpam-stand-in.exe", allow_unsigned = true, max_age = "30d" },
  debuggers = debuggers { "@media/debuggers-stand-in" },
  symbols = symbols { "@media/symbols-stand-in", files = { "ntoskrnl.exe" } },
}
local analyst = extend(tiers.L3, { allow = { tiers.L3.allow, tools.crash_analyzer } })
local l3 = level(analyst, "2028-03-31", { "common" }, evidence)   -- the sooner, the more it can do

return {
  iso { boot = boot },
  usb { boot = boot },
  wds { boot = boot, anonymous = true },  -- who can reach the server may start it
  partition { boot = boot },

  wds { boot = l1 },                      -- L1 only looks, so everybody may start it
  iso { boot = l2 }, usb { boot = l2 },
  iso { boot = l3 },
}
