-- Two images in one ISO, chosen from a menu. They share the base and what both contain: each is
-- stored and compressed once per image, and built again only when its own parts change.
local site = param { "site", default = "headquarters" }

local windows = source { media = "@media/stand-in.iso", image = "winre" }
local setup = source { media = "@media/stand-in.iso", image = "setup" }

local function level(name, title, base)
  return wim {
    name = name,
    title = title .. " (" .. site .. ")",
    from = base,
    overlays = { "common" },
  }
end

return iso {
  name = "two-levels",
  boot = { level("first", "First level", windows), level("second", "Second level", setup) },
  timeout = 10,
}
