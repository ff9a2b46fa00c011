#include "formats/batch_file.h"

#include "unit/scratch.h"

namespace remedia {
namespace {

TEST(BatchFile, EndsEachLineByCrAndLf) {
  const Scratch scratch;
  struct Case {
    std::string content;
    std::string mark;
    std::uint64_t line;
  };
  const std::string block(1 << 16, 'x');
  for (const Case& one :
       {Case{"", "", 0}, Case{"echo", "", 0}, Case{"a\r\nb\r\n", "", 0}, Case{"a\r\nb\nc\n", "", 2},
        Case{"\n", "", 1}, Case{"a\r\r\nb\rc\r\n", "", 0},
        Case{"\xEF\xBB\xBF"
             "a\n",
             "UTF-8", 1},
        Case{"\xEF\xBB", "", 0},
        Case{"\xFF\xFE"
             "a\n",
             "UTF-16", 0},
        Case{"\xFE\xFF", "UTF-16", 0}, Case{block.substr(1) + "\r\n", "", 0},
        Case{block.substr(2) + "\r\n\n", "", 2}, Case{block + "\n", "", 1}}) {
    const BatchFlaws flaws = batch_flaws(Slice::whole(scratch.write("a.cmd", one.content)));
    EXPECT_EQ(flaws.mark, one.mark) << one.content.substr(0, 20);
    EXPECT_EQ(flaws.line_without_cr, one.line) << one.content.substr(0, 20);
  }
}

}  // namespace
}  // namespace remedia
