#include "recipe/locate.h"

#include <gtest/gtest.h>

namespace remedia::recipe {
namespace {

std::string at(const Place& place) {
  return std::to_string(place.line) + ":" + std::to_string(place.column) + "+" +
         std::to_string(place.width);
}

TEST(Locate, FindsFieldsOfOneCallOnly) {
  SourceText text(
      "local a = iso {\n"
      "  boot = wim { name = \"x = 1\", from = w }, -- name = 5\n"
      "  [\"label\"] = 'A', --[[ timeout = 3\n"
      "  ]] timeout = f(function() local ems = 1 end),\n"
      "  prompt = ({ locale = 1 }).locale == nil;\n"
      "  ems = [==[ locale = ]==],\n"
      "}\n");
  CallPlaces places = text.call("iso", 1, 0);
  EXPECT_EQ(at(places.call), "1:11+3");
  std::string names;
  for (const auto& [name, place] : places.fields) names += name + "@" + at(place) + " ";
  EXPECT_EQ(names, "boot@2:3+4 ems@6:3+3 label@3:4+7 prompt@5:3+6 timeout@4:6+7 ");
  EXPECT_TRUE(places.items.empty());
}

TEST(Locate, CountsCallsAsTheyRun) {
  SourceText text("w(source { a = 1, lender = source { b = 2 } }, source 'x', source { c = 3 })");
  EXPECT_EQ(at(text.call("source", 1, 0).call), "1:28+6") << "the inner one runs first";
  EXPECT_EQ(at(text.call("source", 1, 1).call), "1:3+6");
  EXPECT_EQ(at(text.call("source", 1, 1).fields.at("lender")), "1:19+6");
  EXPECT_EQ(at(text.call("source", 1, 2).call), "1:48+6");
  EXPECT_EQ(at(text.call("source", 1, 3).call), "1:60+6");
}

TEST(Locate, FindsItems) {
  SourceText text("return drivers { \"a\", { 'b', 'c' }, x = 1, d(5, 6) }");
  CallPlaces places = text.call("drivers", 1, 0);
  std::string items;
  for (const Place& place : places.items) items += at(place) + " ";
  EXPECT_EQ(items, "1:18+3 1:23+1 1:44+1 ");
}

TEST(Locate, FindsTablesBehindFieldsAndInLists) {
  SourceText text(
      "wim { registry = { { key = 'a', dword = 1 }, e, x { key = 'b' } },\n"
      "      ['remove'] = { 'c', all = true }, name = n }");
  CallPlaces call = text.call("wim", 1, 0);
  Place registry = call.fields.at("registry");
  CallPlaces list = text.table(registry.line, registry.column);
  ASSERT_EQ(list.items.size(), 3u);
  CallPlaces first = text.table(list.items[0].line, list.items[0].column);
  EXPECT_EQ(at(first.fields.at("dword")), "1:33+5");
  EXPECT_TRUE(text.table(list.items[1].line, list.items[1].column).items.empty());
  EXPECT_TRUE(text.table(list.items[2].line, list.items[2].column).fields.empty());
  Place remove = call.fields.at("remove");
  EXPECT_EQ(at(text.table(remove.line, remove.column).fields.at("all")), "2:27+3");
  Place name = call.fields.at("name");
  EXPECT_TRUE(text.table(name.line, name.column).items.empty());
  EXPECT_TRUE(text.table(7, 7).items.empty());
}

TEST(Locate, CountsCallsOfALineRound) {
  SourceText text("return { iso { boot = a }, iso { label = b } }");
  EXPECT_EQ(at(text.call("iso", 1, 0).call), "1:10+3");
  EXPECT_EQ(at(text.call("iso", 1, 1).call), "1:28+3");
  EXPECT_EQ(at(text.call("iso", 1, 2).call), "1:10+3");
}

TEST(Locate, SaysTheLineWhenTheWordIsNotThere) {
  SourceText text("local make = iso\nreturn make { boot = 1 }");
  EXPECT_EQ(at(text.call("iso", 2, 0).call), "2:0+1");
}

TEST(Locate, SurvivesTextThatEndsTooSoon) {
  for (const char* text : {"iso {", "iso", "iso { a =", "iso { \"a", "iso { [[", "iso { --[[",
                           "iso { [\"a\"", "iso { '\\"}) {
    SourceText(text).call("iso", 1, 0);
  }
}

}  // namespace
}  // namespace remedia::recipe
