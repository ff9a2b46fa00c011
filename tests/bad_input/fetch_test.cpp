// `remedia fetch`, run as people run it, against servers that do well and servers that do not.

#include "incremental/space.h"
#include "kinds/lock_file.h"
#include "support/artifact.h"
#include "support/definition_packages.h"
#include "support/digest.h"
#include "support/http_server.h"
#include "support/pe_builder.h"
#include "support/signing.h"

#include <algorithm>

#include <gtest/gtest.h>
#include <sys/xattr.h>

namespace remedia {
namespace {

std::string content(std::size_t size, char salt = 'a') {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i)
    bytes[i] = static_cast<char>(static_cast<std::size_t>(salt) + i * 7 % 61);
  return bytes;
}

kinds::LockEntry by_digest(const std::string& bytes) {
  return {.word = "source",
          .path = "@media/x.exe",
          .size = bytes.size(),
          .sha256 = sha256(bytes),
          .version = {},
          .date = {},
          .signer = {}};
}

kinds::LockEntry by_signer(const std::string& bytes,
                           const signing::Identity& who = signing::test_signer()) {
  kinds::LockEntry entry = by_digest(bytes);
  entry.word = "defender";
  entry.version = "1.403.55.0";
  entry.date = "2026-11-15";
  entry.signer = kinds::LockSigner{
      .name = "Remedia Test Signer", .issuer = "Remedia Test Root", .sha256 = sha256(who.der())};
  entry.by_signer = true;
  return entry;
}

/// A package of definitions, as what is locked by signer is read to its version.
std::string signed_package(const std::string& text, const signing::SignOptions& options = {},
                           const std::string& version = "1.403.55.0") {
  return definition_packages::program(definition_packages::cabinet(definition_packages::antimalware(
                                          {.version = version, .text = text})),
                                      options);
}

std::string new_file(const std::string& bytes) {
  return fmt::format("@media/x.exe: {} kB, new", (bytes.size() + 500) / 1000);
}

class Fetching : public testing::Test {
 protected:
  Fetching() {
    space_.environment["no_proxy"] = "*";
    space_.write(
        "recipes/r.lua",
        "return wim { name = \"x\", from = source { media = \"@media/x.exe\", image = 1 } }\n");
    fs::create_directories(space_ / "media");
    offer(server_.url("/x.exe"));
  }

  void offer(const std::string& url) {
    space_.write("recipes/project.lua",
                 fmt::format("return project {{ roots = {{ media = \"{}\" }}, downloads = {{\n"
                             "  download {{ \"@media/x.exe\", url = \"{}\" }} }} }}\n",
                             (space_ / "media").string(), url));
  }
  void lock(std::vector<kinds::LockEntry> entries) {
    space_.write("recipes/r.lock",
                 kinds::write_lock({.recipe = "r", .entries = std::move(entries)}));
  }
  /// Serves what is locked by digest.
  ServedFile serve_locked(const std::string& body) {
    lock({by_digest(body)});
    ServedFile file{.body = body};
    server_.answer(file);
    return file;
  }
  void fetch(std::vector<std::string> arguments = {}) {
    std::vector<std::string> argv = {space_.runner, "fetch", "recipes/r.lua"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    ProcessResult result = space_.run(argv);
    status_ = result.status;
    said_ = result.output;
  }
  void brings(const std::string& line, const std::string& bytes) {
    EXPECT_EQ(status_, 0) << said_;
    EXPECT_EQ(said_, line + "\n");
    EXPECT_TRUE(space_.read("media/x.exe") == bytes);
    EXPECT_EQ(files(), std::vector<std::string>{"x.exe"});
  }
  /// It failed, said why, and what was there is as it was.
  void refuses(const std::string& why, const std::vector<std::string>& left = {}) {
    EXPECT_EQ(status_, 1) << said_;
    EXPECT_NE(said_.find(why), std::string::npos) << "no \"" << why << "\" in:\n" << said_;
    EXPECT_NE(said_.find("recipes/project.lua:2:"), std::string::npos) << said_;
    EXPECT_EQ(files(), left) << said_;
  }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(space_ / "media")) {
      std::string name = entry.path().filename();
      names.push_back(name.starts_with("x.exe.part.") ? "HEADERS" : name);
    }
    std::sort(names.begin(), names.end());
    return names;
  }
  const std::vector<std::string> kPart = {"HEADERS", "x.exe.part"};
  /// Whether this file system keeps what tells an unchanged file at no cost.
  bool keeps_notes() const {
    space_.write("probe", "");
    return setxattr((space_ / "probe").c_str(), "user.remedia.probe", "1", 1, 0) == 0;
  }

  Space space_;
  HttpServer server_;
  int status_ = -1;
  std::string said_;
};

// --- by digest ----------------------------------------------------------------------------------

TEST_F(Fetching, BringsWhatIsLockedAndAsksNoMore) {
  const std::string body = content(2'400'000);
  serve_locked(body);
  fetch();
  brings("@media/x.exe: 2 MB, new", body);
  EXPECT_EQ(server_.requests().size(), 1u);
  fetch();
  brings("@media/x.exe: unchanged", body);
  EXPECT_TRUE(server_.requests().empty());
}

TEST_F(Fetching, ReplacesWhatIsNotAsLocked) {
  const std::string body = content(1000);
  serve_locked(body);
  space_.write("media/x.exe", content(1000, 'b'));
  fetch();
  brings("@media/x.exe: 1 kB, new", body);
}

TEST_F(Fetching, RefusesAnotherFile) {
  const std::string body = content(1000);
  serve_locked(body);
  space_.write("media/x.exe", "old");
  server_.answer(ServedFile{.body = content(1000, 'b')});
  fetch();
  refuses("changed: sha256 " + sha256(body) + " -> ", {"x.exe"});
  EXPECT_EQ(space_.read("media/x.exe"), "old");
  server_.answer(ServedFile{.body = content(900)});
  fetch();
  refuses("changed: size 1000 -> 900", {"x.exe"});
  server_.answer(ServedFile{.body = content(1100)});
  fetch();
  refuses("the file has more than 1000 bytes", {"x.exe"});
  server_.answer(ServedFile{.body = ""});
  fetch();
  refuses("changed: size 1000 -> 0", {"x.exe"});
  EXPECT_EQ(space_.read("media/x.exe"), "old");
}

TEST_F(Fetching, RefusesLocksThatDisagree) {
  serve_locked(content(1000));
  space_.write("recipes/s.lua", space_.read("recipes/r.lua"));
  space_.write("recipes/s.lock",
               kinds::write_lock({.recipe = "s", .entries = {by_digest(content(1000, 'b'))}}));
  fetch({"recipes/s.lua"});
  EXPECT_EQ(status_, 1);
  EXPECT_NE(said_.find("the lock files disagree on '@media/x.exe'"), std::string::npos) << said_;
  EXPECT_TRUE(server_.requests().empty());
}

TEST_F(Fetching, RefusesALockFileThatIsNone) {
  space_.write("recipes/r.lock", "{\n<<<<<<< HEAD\n");
  fetch();
  EXPECT_EQ(status_, 1);
  EXPECT_NE(said_.find("r.lock:2: error: the lock file is not valid JSON"), std::string::npos)
      << said_;
  space_.write("recipes/r.lock", kinds::write_lock({.recipe = "other", .entries = {}}));
  fetch();
  EXPECT_NE(said_.find("the lock file is that of recipe 'other'"), std::string::npos) << said_;
}

// --- by signer ----------------------------------------------------------------------------------

TEST_F(Fetching, BringsWhatTheLockedSignerSigned) {
  const std::string first = signed_package("1");
  lock({by_signer(first)});
  server_.answer(ServedFile{.body = first});
  fetch();
  brings(new_file(first), first);
  server_.requests();
  fetch();
  brings("@media/x.exe: unchanged", first);
  ASSERT_EQ(server_.requests().front().header("if-none-match"), keeps_notes() ? "\"one\"" : "");
  const std::string second = signed_package("2, longer");
  server_.answer(ServedFile{.body = second, .etag = "\"two\""});
  fetch();
  brings(new_file(second), second);
}

TEST_F(Fetching, LeavesTheSameFileAlone) {
  const std::string body = signed_package("1");
  lock({by_signer(body)});
  space_.write("media/x.exe", body);
  const auto time = fs::last_write_time(space_ / "media/x.exe");
  server_.answer(ServedFile{.body = body, .etag = "", .modified = ""});
  fetch();
  brings("@media/x.exe: unchanged", body);
  EXPECT_EQ(fs::last_write_time(space_ / "media/x.exe"), time);
}

TEST_F(Fetching, AsksByTimeWhereThereIsNoETag) {
  const std::string body = signed_package("1");
  lock({by_signer(body)});
  server_.answer(ServedFile{.body = body, .etag = ""});
  fetch();
  server_.requests();
  fetch();
  brings("@media/x.exe: unchanged", body);
  EXPECT_EQ(server_.requests().front().header("if-modified-since"),
            keeps_notes() ? "Sat, 01 Nov 2025 00:00:00 GMT" : "");
}

TEST_F(Fetching, AsksWithoutConditionForWhatIsNoLongerGood) {
  const std::string body = signed_package("1");
  lock({by_signer(body)});
  server_.answer(ServedFile{.body = body});
  fetch();
  std::string damaged = body;
  damaged[0x300] ^= 1;
  space_.write("media/x.exe", damaged);
  server_.requests();
  fetch();
  brings(new_file(body), body);
  EXPECT_EQ(server_.requests().front().header("if-none-match"), "");
}

TEST_F(Fetching, RefusesForeignAndBrokenSignatures) {
  const std::string good = signed_package("1");
  lock({by_signer(good)});
  space_.write("media/x.exe", good);
  signing::SignOptions foreign;
  foreign.signer = signing::issued_by(signing::foreign_ca(), {.elliptic = true, .key = "foreign"});
  std::string tampered = signed_package("2");
  tampered[0x300] ^= 1;
  for (const auto& [body, why] : std::vector<std::pair<std::string, std::string>>{
           {signed_package("2", foreign), "has another signer: 'Remedia Test Signer'"},
           {signed_package("2", {}, "1.403.54.0"), "is older than the lock file allows"},
           {tampered, "as it was locked"},
           {"<html>log in first</html>", "as it was locked"}}) {
    server_.answer(ServedFile{.body = body});
    fetch();
    refuses(why, {"x.exe"});
    EXPECT_TRUE(space_.read("media/x.exe") == good);
  }
}

// --- in no lock file ----------------------------------------------------------------------------

TEST_F(Fetching, TakesWhatIsNotLockedOnlyWhenTold) {
  server_.answer(ServedFile{.body = "what"});
  fetch();
  refuses("'@media/x.exe' is in no lock file of these recipes");
  EXPECT_NE(said_.find("--first brings it as it is"), std::string::npos) << said_;
  EXPECT_TRUE(server_.requests().empty());
  fetch({"--first"});
  brings("@media/x.exe: 4 bytes, new (in no lock file: look at it, then remedia lock)", "what");
}

TEST_F(Fetching, TakesNoMoreThanItMay) {
  server_.answer(
      [](const HttpRequest&) { return HttpReply{.body = content(50'000), .endless = true}; });
  fetch({"--first", "--max-size", "2MiB"});
  refuses("the file has more than 2097152 bytes");
  server_.answer([](const HttpRequest&) { return HttpReply{.body = "x", .length = 3u << 20}; });
  fetch({"--first", "--max-size", "2MiB"});
  refuses("the file has more than 2097152 bytes");
  fetch({"--first", "--max-size", "much"});
  EXPECT_EQ(status_, 1);
  EXPECT_NE(said_.find("--max-size much is no size"), std::string::npos) << said_;
}

// --- going on -----------------------------------------------------------------------------------

TEST_F(Fetching, GoesOnWhereItWasCut) {
  const std::string body = content(300'000);
  ServedFile file = serve_locked(body);
  file.cut = 100'000;
  server_.answer(file);
  fetch();
  refuses("the connection ended too early, after 100000 bytes", kPart);
  EXPECT_NE(said_.find("goes on from there"), std::string::npos) << said_;
  server_.requests();
  fetch();
  brings("@media/x.exe: 300 kB, new", body);
  const std::vector<HttpRequest> asked = server_.requests();
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].header("range"), "bytes=100000-");
  EXPECT_EQ(asked[0].header("if-range"), "\"one\"");
}

// As if we had been ended just before the rename, long ago: what ninja sees of it must be new.
TEST_F(Fetching, TakesAPartThatIsWholeAndDatesItNow) {
  const std::string body = content(300'000);
  ServedFile file = serve_locked(body);
  file.cut = 100'000;
  server_.answer(file);
  fetch();
  refuses("ended too early", kPart);
  space_.write("media/x.exe.part", body);
  space_.write("before", "");
  fs::last_write_time(space_ / "media/x.exe.part", fs::file_time_type());
  server_.requests();
  fetch();
  brings("@media/x.exe: 300 kB, new", body);
  EXPECT_TRUE(server_.requests().empty());
  EXPECT_GE(fs::last_write_time(space_ / "media/x.exe"), fs::last_write_time(space_ / "before"));
}

TEST_F(Fetching, BeginsAnewIfTheFileChanged) {
  const std::string old = content(300'000, 'b');
  const std::string body = content(300'000);
  serve_locked(body);
  for (bool conditions : {true, false}) {  // a server may know no If-Range
    server_.answer(ServedFile{.body = old, .cut = 100'000});
    fetch();
    refuses("ended too early", kPart);
    server_.answer(ServedFile{.body = body, .etag = "\"two\"", .range_conditions = conditions});
    fetch();
    brings("@media/x.exe: 300 kB, new", body);
    fs::remove(space_ / "media/x.exe");
  }
}

TEST_F(Fetching, BeginsAnewWhereItCannotGoOn) {
  const std::string body = content(300'000);
  serve_locked(body);
  for (const ServedFile& file :
       {ServedFile{.body = body, .ranges = false, .cut = 100'000},
        ServedFile{.body = body, .etag = "", .modified = "", .cut = 9000},
        ServedFile{.body = body, .etag = "W/\"w\"", .modified = "", .cut = 1}}) {
    server_.answer(file);
    fetch();
    refuses("ended too early", kPart);
    ServedFile whole = file;
    whole.cut.reset();
    server_.answer(whole);
    fetch();
    brings("@media/x.exe: 300 kB, new", body);
    EXPECT_EQ(server_.requests().back().header("range"), "");
    fs::remove(space_ / "media/x.exe");
  }
}

TEST_F(Fetching, GoesOnForTheSameAddressOnly) {
  const std::string body = content(300'000);
  serve_locked(body);
  server_.answer(ServedFile{.body = content(300'000, 'b'), .cut = 100'000});
  fetch();
  refuses("ended too early", kPart);
  offer(server_.url("/other"));
  server_.answer(ServedFile{.body = body});
  server_.requests();
  fetch();
  brings("@media/x.exe: 300 kB, new", body);
  EXPECT_EQ(server_.requests().front().header("range"), "");
}

TEST_F(Fetching, LeavesAPartToWhoHoldsIt) {
  const std::string body = content(1000);
  serve_locked(body);
  Fd held;
  ASSERT_TRUE(try_lock(space_ / "media/x.exe.part", held));
  fetch();
  refuses("another fetch is at work on", {"x.exe.part"});
  EXPECT_TRUE(server_.requests().empty());
  held = Fd();
  fetch();
  brings("@media/x.exe: 1 kB, new", body);
}

// --- servers ------------------------------------------------------------------------------------

struct BadServer {
  std::string name;
  HttpReply reply;
  std::string why;
  bool part = false;  // stays, to be gone on with
};

class FetchingFrom : public Fetching, public testing::WithParamInterface<BadServer> {};

TEST_P(FetchingFrom, IsRefusedWithAReason) {
  serve_locked(content(1000));
  server_.answer([](const HttpRequest&) { return GetParam().reply; });
  std::vector<std::string> left = GetParam().part ? kPart : std::vector<std::string>();
  fetch();
  refuses(GetParam().why, left);
  EXPECT_EQ(said_.find('\033'), std::string::npos);
  space_.write("media/x.exe", "old");
  left.insert(left.begin() + (left.empty() ? 0 : 1), "x.exe");
  fetch();
  refuses(GetParam().why, left);
  EXPECT_EQ(space_.read("media/x.exe"), "old");
}

INSTANTIATE_TEST_SUITE_P(
    Servers, FetchingFrom,
    testing::Values(
        BadServer{"NotFound", {.status = 404, .body = "no"}, "the server answers 404"},
        BadServer{"Forbidden", {.status = 403}, "the server answers 403"},
        BadServer{"Broken", {.status = 500}, "the server answers 500"},
        BadServer{"Accepted", {.status = 202, .body = content(1000)}, "the server answers 202"},
        BadServer{"PartUnasked", {.status = 206, .body = content(1000)}, "the server answers 206"},
        BadServer{"NotModifiedUnasked", {.status = 304, .no_length = true}, "answers 304"},
        BadServer{"NoContent", {.status = 204, .no_length = true}, "the server answers 204"},
        BadServer{"RedirectToFile",
                  {.status = 302, .headers = {{"Location", "file:///etc/passwd"}}},
                  "the server redirects to another protocol"},
        BadServer{"RedirectRound",
                  {.status = 302, .headers = {{"Location", "/x.exe"}}},
                  "the server redirects more than 10 times"},
        BadServer{"RedirectNowhere", {.status = 302}, "the server answers 302"},
        BadServer{"LengthTooLarge",
                  {.body = content(1000).substr(0, 900), .length = 1000},
                  "the connection ended too early, after 900 bytes",
                  true},
        BadServer{
            "LengthTooSmall", {.body = content(1000), .length = 500}, "changed: size 1000 -> 500"},
        BadServer{"LengthIsNoNumber",
                  {.raw = "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nx"},
                  "curl says: "},
        BadServer{"ChunksCutShort",
                  {.raw = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"},
                  "the connection ended too early, after 5 bytes",
                  true},
        BadServer{"EndsWithoutLength",
                  {.body = content(1000).substr(0, 700), .no_length = true},
                  "changed: size 1000 -> 700"},
        BadServer{"NoHttp", {.raw = "220 \033[31mwelcome\r\n"}, "curl says: "},
        BadServer{"Nothing", {.raw = "\n"}, "curl says: "}),
    [](const auto& test) { return test.param.name; });

TEST_F(Fetching, FollowsRedirects) {
  const std::string body = content(1000);
  lock({by_digest(body)});
  server_.answer([&](const HttpRequest& request) {
    if (request.line.find("/real") != std::string::npos) return ServedFile{.body = body}(request);
    return HttpReply{.status = 302, .body = "see", .headers = {{"Location", "/real"}}};
  });
  fetch();
  brings("@media/x.exe: 1 kB, new", body);
}

TEST_F(Fetching, SaysThatNobodyAnswers) {
  serve_locked(content(1000));
  std::string url;
  {
    HttpServer gone;
    url = gone.url("/x.exe");
  }
  offer(url);
  fetch();
  refuses(url + ": curl says: Failed to connect");
}

TEST_F(Fetching, SaysThatTheDiskIsFull) {
  serve_locked(content(500'000));
  space_.write("media/x.exe", "old");
  space_.wrapper = {"prlimit", "--fsize=100000"};
  fetch();
  refuses("x.exe.part': File too large", {"HEADERS", "x.exe", "x.exe.part"});
  EXPECT_EQ(space_.read("media/x.exe"), "old");
  space_.wrapper.clear();
  fetch();
  brings("@media/x.exe: 500 kB, new", content(500'000));
}

TEST_F(Fetching, SaysThatCurlIsMissing) {
  serve_locked(content(1000));
  space_.environment["PATH"] = (space_ / "media").string();
  fetch();
  refuses("'curl' was not found in PATH");
}

TEST_F(Fetching, GoesThroughTheProxyOfTheEnvironment) {
  const std::string body = content(1000);
  serve_locked(body);
  offer("http://definitions.example/x.exe");
  space_.environment["no_proxy"] = "";
  space_.environment["http_proxy"] = server_.url("");
  fetch();
  brings("@media/x.exe: 1 kB, new", body);
  EXPECT_EQ(server_.requests().front().line, "GET http://definitions.example/x.exe HTTP/1.1");
}

TEST_F(Fetching, OverTlsKnowsWhoAnswers) {
  const std::string body = content(1000);
  HttpServer secure(signing::issued_by(signing::test_ca(),
                                       {.name = "localhost", .usage = signing::Usage::servers}));
  serve_locked(body);
  secure.answer(ServedFile{.body = body});
  offer(secure.url("/x.exe"));
  space_.environment["CURL_CA_BUNDLE"] = space_ / "ca.pem";
  space_.write("ca.pem", signing::foreign_ca().pem());
  fetch();
  refuses("curl says: SSL certificate problem");
  EXPECT_NE(said_.find("CURL_CA_BUNDLE names a file"), std::string::npos) << said_;
  space_.write("ca.pem", signing::test_ca().pem());
  fetch();
  brings("@media/x.exe: 1 kB, new", body);
  fs::remove(space_ / "media/x.exe");
  server_.requests();
  secure.answer([&](const HttpRequest&) {
    return HttpReply{.status = 302, .headers = {{"Location", server_.url("/x.exe")}}};
  });
  fetch();
  refuses("https leads to https only");
  EXPECT_TRUE(server_.requests().empty());
}

// --- around it ----------------------------------------------------------------------------------

TEST_F(Fetching, CheckBringsNothing) {
  const std::string body = content(1000);
  server_.answer(ServedFile{.body = body});
  auto finds = [&](const std::string& line) {
    fetch({"--check"});
    EXPECT_EQ(status_, line.empty() ? 0 : 3);
    EXPECT_EQ(said_, line);
  };
  finds("@media/x.exe: missing\n");
  EXPECT_EQ(files(), std::vector<std::string>());
  space_.write("media/x.exe", body);
  finds("@media/x.exe: not in a lock file\n");
  lock({by_digest(body)});
  finds("");
  lock({by_digest(body + "x")});
  finds("@media/x.exe: changed: size 1001 -> 1000\n");
  EXPECT_EQ(files(), std::vector<std::string>{"x.exe"});
  EXPECT_TRUE(server_.requests().empty());
}

TEST_F(Fetching, ChoosesByWordOrPath) {
  const std::string body = content(1000);
  serve_locked(body);
  space_.write("recipes/project.lua",
               fmt::format("return project {{ roots = {{ media = \"{}\" }}, downloads = {{\n"
                           "  download {{ \"@media/x.exe\", url = \"{}\" }},\n"
                           "  download {{ \"@media/y.exe\", url = \"{}\" }} }} }}\n",
                           (space_ / "media").string(), server_.url("/x"), server_.url("/y")));
  for (const char* only : {"source", "@media/x.exe"}) {
    fetch({"--only", only});
    brings("@media/x.exe: 1 kB, new", body);
    fs::remove(space_ / "media/x.exe");
  }
  fetch({"--only", "sourc"});
  EXPECT_EQ(status_, 1);
  EXPECT_NE(said_.find("did you mean 'source'?"), std::string::npos) << said_;
  fetch();  // the others are brought all the same
  EXPECT_EQ(status_, 1);
  EXPECT_NE(said_.find("@media/x.exe: 1 kB, new"), std::string::npos) << said_;
  EXPECT_NE(said_.find("recipes/project.lua:3:"), std::string::npos) << said_;
  EXPECT_NE(said_.find("'@media/y.exe' is in no lock file"), std::string::npos) << said_;
  EXPECT_NE(said_.find("none of them reads it"), std::string::npos) << said_;
}

TEST_F(Fetching, IsWhatABuildAsksFor) {
  serve_locked(content(1000));
  space_.failing_build();
  EXPECT_NE(space_.output.find("'@media/x.exe' is not there"), std::string::npos) << space_.output;
  EXPECT_NE(space_.output.find("remedia fetch recipes/r.lua brings it"), std::string::npos)
      << space_.output;
  EXPECT_TRUE(server_.requests().empty()) << "a build used the network";
}

TEST_F(Fetching, FollowsARootFromOutside) {
  const std::string body = content(1000);
  serve_locked(body);
  fetch({"-D", "root.media=" + (space_ / "elsewhere").string()});
  EXPECT_EQ(status_, 0) << said_;
  EXPECT_TRUE(space_.read("elsewhere/x.exe") == body);
  fetch({"-D", "root.medi=/x"});
  EXPECT_EQ(status_, 1);
  EXPECT_NE(said_.find("did you mean 'root.media'?"), std::string::npos) << said_;
}

}  // namespace
}  // namespace remedia
