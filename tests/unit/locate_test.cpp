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

TEST(Locate, SurvivesEveryBeginningAndEndOfAText) {
  const std::string whole =
      "x = extend(a.b, { ['k'] = tier({ [[s]], \"q\\z \n\\\r\n\" }), [1] = --[=[ c ]=] "
      "function() if x then repeat until y end end, t = { { u = 1 } } }) ]})end until";
  for (std::size_t i = 0; i <= whole.size(); ++i) {
    for (const std::string& part : {whole.substr(0, i), whole.substr(i)}) {
      SourceText text(part);
      for (const char* word : {"extend", "tier", "x", "k", "u", ""}) {
        for (int line = 0; line < 5; ++line) {
          text.call(word, line, i);
          Place place = text.word(word, line);
          EXPECT_LE(place.column, static_cast<int>(part.size()));
          text.table(line, place.column);
          text.table(line, static_cast<int>(i));
        }
      }
    }
  }
}

TEST(Locate, TakesAKeyForNoCall) {
  SourceText text("wim { name = 'x', tier = tier { name = 'L1', expires = 1 } }");
  CallPlaces tier = text.call("tier", 1, 0);
  EXPECT_EQ(at(tier.call), "1:26+4");
  EXPECT_EQ(at(tier.fields.at("name")), "1:33+4");
  EXPECT_EQ(at(tier.fields.at("expires")), "1:46+7");
  EXPECT_EQ(at(text.call("tier", 1, 1).call), "1:26+4") << "it stands there once";
  EXPECT_EQ(at(text.call("wim", 1, 0).fields.at("tier")), "1:19+4");
  EXPECT_EQ(at(text.call("name", 1, 0).call), "1:0+1");
}

TEST(Locate, TakesOnlyANameWithItsArgumentsForACall) {
  for (const char* text : {
           "local tier = make { shell = 1 }",
           "x = tier, { shell = 1 }",
           "x = { tier }",
           "if tier == x then y { shell = 1 } end",
           "local function tier(x) return { shell = 1 } end",
           "x = library.tier { shell = 1 }",
           "x = library:tier { shell = 1 }",
           "x = 'tier { shell = 1 }' -- tier { shell = 1 }",
           "x = [[tier { shell = 1 }]] --[==[ ]] tier { shell = 1 } ]==]",
           "x = [==[ ]] tier { shell = 1 }]==]",
           "x = { ['tier'] = 1, [tier] = 2 }",
           "x = \"\\\"tier { shell = 1 }\"",
           "goto tier; ::tier::",
       }) {
    CallPlaces places = SourceText(text).call("tier", 1, 0);
    EXPECT_EQ(at(places.call), "1:0+1") << text;
    EXPECT_TRUE(places.fields.empty()) << text;
  }
}

TEST(Locate, FindsTheOneCallAmongOtherUsesOfTheWord) {
  struct {
    const char* text;
    const char* shell;
  } cases[] = {
      {"local tier = tier { shell = 1 }", "1:21+5"},
      {"x = { tier = 1, tier { shell = 1 } }", "1:24+5"},
      {"x = { 'tier {', [tier] = tier { shell = 1 } }", "1:33+5"},
      {"--[[ tier { shell = 0 } ]] x = tier({ shell = 1 })", "1:39+5"},
      {"x = tier({ shell = 1 }, { shell = 2 })", "1:12+5"},
      {"x = tier ( -- {\n { shell = 1 })", "2:4+5"},
      {"x = tier -- {\n { shell = 1 }", "2:4+5"},
  };
  for (const auto& [text, shell] : cases) {
    CallPlaces places = SourceText(text).call("tier", 1, 0);
    ASSERT_EQ(places.fields.count("shell"), 1u) << text;
    EXPECT_EQ(at(places.fields.at("shell")), shell) << text;
  }
}

TEST(Locate, FindsCallsWithAStringOrAVariableAndNoFieldsOfTheirs) {
  for (const char* call : {"tier 'L1'", "tier \"L1\"", "tier [[L1]]", "tier('L1')", "tier(other)",
                           "tier(make { shell = 1 })", "tier()"}) {
    CallPlaces places =
        SourceText("x = { tier = " + std::string(call) + ", shell = 2 }").call("tier", 1, 0);
    EXPECT_EQ(at(places.call), "1:14+4") << call;
    EXPECT_TRUE(places.fields.empty()) << call;
  }
}

TEST(Locate, FindsTheChangesOfExtend) {
  SourceText text(
      "x = extend(extend(f(1, { id = 0 }), { id = 1 }), { remote = { id = extend(b, { id = 2 }) } "
      "})");
  EXPECT_EQ(at(text.call("extend", 1, 0).fields.at("id")), "1:39+2");
  EXPECT_EQ(at(text.call("extend", 1, 1).fields.at("id")), "1:80+2");
  CallPlaces last = text.call("extend", 1, 2);
  EXPECT_EQ(at(last.call), "1:5+6");
  EXPECT_EQ(at(last.fields.at("remote")), "1:52+6");
  EXPECT_EQ(last.fields.count("id"), 0u);
  EXPECT_TRUE(SourceText("x = extend(b, changes) { id = 1 }").call("extend", 1, 0).fields.empty());
  EXPECT_TRUE(SourceText("x = extend({ id = 1 }, y)").call("extend", 1, 0).fields.empty());
  EXPECT_TRUE(SourceText("x = extend({ id = 1 })").call("extend", 1, 0).fields.empty());
}

// Both calls stand there and one of them ran: the line is all that is sure.
TEST(Locate, SaysTheLineWhereItBranches) {
  for (const char* text : {
           "x = c and tier { a = 1 } or tier { b = 1 }",
           "x = { c and tier { a = 1 }, tier { b = 1 } }",
           "x = c or tier { a = 1 }, tier { b = 1 }",
           "if f(tier { a = 1 }) then x = tier { b = 1 } end",
           "if c then x = tier { a = 1 } else x = tier { b = 1 } end",
           "if c then x = tier { a = 1 } end y = tier { b = 1 }",
           "x = tier { a = 1 } if c then x = tier { b = 1 } end",
           "for i = 1, 2 do x = tier { a = 1 } end y = tier { b = 1 }",
           "x = function() return tier { a = 1 } end, tier { b = 1 }",
           "repeat x = tier { a = 1 } until c y = tier { b = 1 }",
       }) {
    CallPlaces places = SourceText(text).call("tier", 1, 0);
    EXPECT_EQ(at(places.call), "1:0+1") << text;
    EXPECT_TRUE(places.fields.empty()) << text;
  }
  for (const char* text : {
           "if c then x = { tier { a = 1 }, tier { b = 1 } } end",
           "x = function() return tier { a = 1 }, tier { b = 1 } end",
           "x = tier { a = 1 }, tier { b = 1 }, c or d",
           "x = tier { a = 1 }, tier { b = 1 } -- and or",
       }) {
    EXPECT_EQ(SourceText(text).call("tier", 1, 1).fields.count("b"), 1u) << text;
  }
}

TEST(Locate, FindsFieldsBehindWholeBlocks) {
  for (const char* block : {
           "if a then b() end",
           "if a then b() elseif c then d() else e() end",
           "for i = 1, 2 do b() end",
           "for k in pairs(t) do b() end",
           "while a do b() end",
           "repeat b() until a",
           "do b() end",
           "local f = function() end",
       }) {
    SourceText text("x = tier { v = function() " + std::string(block) +
                    " v = 1 end, 'i', shell = 1 }");
    CallPlaces places = text.call("tier", 1, 0);
    EXPECT_EQ(places.fields.count("shell"), 1u) << block;
    EXPECT_EQ(places.items.size(), 1u) << block;
    EXPECT_TRUE(places.repeated.empty()) << block;
  }
}

TEST(Locate, CountsNoComputedKeyAsAnItem) {
  CallPlaces places = SourceText("x = tier { [k] = 1, [1 + 1] = 2, 'i' }").call("tier", 1, 0);
  ASSERT_EQ(places.items.size(), 1u);
  EXPECT_EQ(at(places.items[0]), "1:34+3");
  EXPECT_TRUE(places.fields.empty());
}

TEST(Locate, ReadsStringsThatGoOnInTheNextLine) {
  for (const char* string :
       {"'a\\\n{'", "'a\\\r\n{'", "'a\\z\n  \r\n{'", "[[a\n{]]", "'a\\\\\\\n{'"}) {
    SourceText text("x = tier { " + std::string(string) + ", shell = 1 }");
    CallPlaces places = text.call("tier", 1, 0);
    EXPECT_EQ(places.fields.count("shell"), 1u) << string;
    ASSERT_EQ(places.items.size(), 1u) << string;
    EXPECT_LE(places.items[0].width, 5) << "the mark ends with the line: " << string;
  }
}

TEST(Locate, FindsWordsThatAreNoKeys) {
  SourceText text("f { from = g { from = 1 }, from }");
  EXPECT_EQ(at(text.word("from", 1)), "1:28+4");
  EXPECT_EQ(at(SourceText("f { from = 1 }").word("from", 1)), "1:5+4") << "if there is no other";
  EXPECT_EQ(at(SourceText("from = 1 g(from)").word("from", 1)), "1:1+4") << "an assignment";
  EXPECT_EQ(at(SourceText("f { g(function() x = 1 end), x }").word("x", 1)), "1:18+1");
  EXPECT_EQ(at(text.word("gone", 1)), "1:0+1");
}

}  // namespace
}  // namespace remedia::recipe
