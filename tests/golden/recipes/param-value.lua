-- arguments: -D site=rome
local site = param { "site", default = "berlin", values = { "berlin", "oslo" } }
