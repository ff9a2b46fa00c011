local a = param { "site", default = "berlin", values = "berlin" }
