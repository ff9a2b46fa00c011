// The manifest of a real build: every field is documented, every claim is true.

#include "kinds/manifest.h"

#include "incremental/space.h"
#include "support/digest.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace remedia {
namespace {

using nlohmann::json;

// Names inside these are data, not fields.
bool is_map(const std::string& path) { return path == "parameters" || path == "versions"; }

void collect_fields(const json& value, const std::string& path, std::set<std::string>& fields) {
  if (value.is_array()) {
    for (const json& item : value) collect_fields(item, path, fields);
  } else if (value.is_object() && !is_map(path)) {
    for (const auto& [name, item] : value.items()) {
      std::string below = path.empty() ? name : path + "." + name;
      fields.insert(below);
      collect_fields(item, below, fields);
    }
  }
}

json manifest_of(const Space& space, const std::string& name) {
  return json::parse(space.read(fmt::format("out/r/{0}/{0}.manifest.json", name)));
}

// Everything that can be in a manifest: a replaced file, a parameter, a menu.
constexpr const char* kRecipe = R"(
local site = param { "site", default = "here" }
local windows = source { media = "@media/stand-in.iso", image = "winre" }
local boot = wim { name = "helpdesk", title = site, from = windows, overlays = { "common" } }
return iso { boot = boot }
)";

TEST(Manifest, HasTheFieldsThatAreDocumented) {
  Space space;
  space.write("recipes/r.lua", kRecipe);
  space.write("overlays/common/Windows/System32/winpeshl.exe", "replaced");
  space.build();
  std::set<std::string> found;
  collect_fields(manifest_of(space, "helpdesk"), "", found);
  std::set<std::string> documented;
  for (const kinds::ManifestField& field : kinds::manifest_fields()) documented.emplace(field.path);
  // The stand-in's files have no short names to lose; wim_test shows one that has.
  found.insert("images.files.short_name_lost");
  EXPECT_EQ(found, documented);
}

TEST(Manifest, TellsTheTruth) {
  Space space;
  space.write("recipes/r.lua", kRecipe);
  space.write("overlays/common/windows/SYSTEM32/Winpeshl.exe", "replaced");
  space.build({"recipes/r.lua", "-D", "site=oslo"});
  json manifest = manifest_of(space, "helpdesk");
  EXPECT_EQ(manifest["parameters"], (json{{"site", "oslo"}}));
  EXPECT_EQ(manifest["recipe"], "recipes/r.lua");
  for (const json& artifact : manifest["artifacts"]) {
    fs::path file = space / ("out/" + artifact["file"].get<std::string>());
    EXPECT_EQ(artifact["size"], fs::file_size(file));
    EXPECT_EQ(artifact["sha256"], sha256(Slice::whole(file)));
  }
  const json& image = manifest["images"].at(0);
  EXPECT_EQ(image["inputs"].at(0)["path"], "@media/stand-in.iso");
  EXPECT_EQ(image["inputs"].at(0)["sha256"], sha256(Slice::whole(standard_medium())));
  std::map<std::string, json> files;
  for (const json& file : image["files"]) files[file["path"]] = file;
  ASSERT_EQ(files.size(), 2u);
  EXPECT_EQ(files["Tools/hello.txt"]["sha256"], sha256("hello\n"));
  EXPECT_EQ(files["Tools/hello.txt"]["origin"], "common/Tools/hello.txt");
  EXPECT_FALSE(files["Tools/hello.txt"].contains("replaces"));
  EXPECT_EQ(files["windows/SYSTEM32/Winpeshl.exe"]["replaces"], "Windows/System32/winpeshl.exe");
}

// A commit that changes nothing that is described has the revision of the one before.
TEST(Manifest, RevisionFollowsWhatIsDescribed) {
  Space space;
  space.build();
  std::string revision = manifest_of(space, "helpdesk")["revision"];
  space.write("recipes/r.lua", "-- moved\n\n" + space.read("recipes/r.lua"));
  space.build();
  EXPECT_EQ(manifest_of(space, "helpdesk")["revision"], revision);
  std::string recipe = space.read("recipes/r.lua");
  space.write("recipes/r.lua", recipe.replace(recipe.find("name = "), 7, "title = \"T\", name = "));
  space.build();
  EXPECT_NE(manifest_of(space, "helpdesk")["revision"], revision);
}

}  // namespace
}  // namespace remedia
