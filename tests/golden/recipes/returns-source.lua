return source { media = "@media/win11.iso", image = "winre" }
