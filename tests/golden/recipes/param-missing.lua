return wim { name = param { "site" } }
