#include "media/layers.h"

#include "support/diagnostic.h"

#include <functional>

#include <gtest/gtest.h>

namespace remedia {
namespace {

TreeEntry file(std::string target, std::string origin) {
  return {.target = std::move(target), .sha256 = origin, .origin = std::move(origin)};
}

TreeEntry folder(std::string target, std::string origin) {
  return {.target = std::move(target), .directory = true, .origin = std::move(origin)};
}

std::string failure(const std::function<void()>& action) {
  try {
    action();
    return {};
  } catch (const Failure& failure) {
    return failure.diagnostics().front().message;
  }
}

TEST(Layers, LaterTreesWinInAnyCase) {
  Layers layers;
  layers.add({folder("Tools", "a"), file("Tools/x.exe", "a/x"), file("Tools/y.exe", "a/y")});
  layers.add({folder("tools", "b"), file("tools/X.EXE", "b/X")});
  std::string all;
  for (const TreeEntry& entry : layers.take()) all += entry.target + "=" + entry.origin + " ";
  EXPECT_EQ(all, "Tools=a tools/X.EXE=b/X Tools/y.exe=a/y ");
}

TEST(Layers, RefusesAFileThatIsAFolderElsewhere) {
  Layers layers;
  layers.add({file("a", "one/a")});
  EXPECT_EQ(failure([&] { layers.add({folder("A", "two/A")}); }),
            "'a' is a file in 'one/a' and a folder in 'two/A'");
  EXPECT_EQ(failure([&] { layers.add({file("a/b", "two/a/b")}); }),
            "'a' is a file in 'one/a' and a folder in 'two/a/b'");
  Layers below;
  below.add({file("a/b", "one/a/b")});
  EXPECT_EQ(failure([&] { below.add({file("A", "two/A")}); }),
            "'A' is a file in 'two/A' and a folder in 'one/a/b'");
}

TEST(Layers, WhatIsExclusiveComesFromOnePlace) {
  Layers layers;
  layers.add({file("Windows/System32/startnet.cmd", "common/startnet.cmd"),
              folder("Windows/System32", "common")});
  EXPECT_EQ(failure([&] {
              layers.add_exclusive({file("WINDOWS/system32/STARTNET.cmd", "startnet")},
                                   "the settings of this image");
            }),
            "'WINDOWS/system32/STARTNET.cmd' comes from 'common/startnet.cmd' and from the "
            "settings of this image");
  layers.add_exclusive({folder("Windows/System32", "settings"), file("new", "settings")}, "x");
  EXPECT_EQ(layers.take().size(), 3u);
}

}  // namespace
}  // namespace remedia
