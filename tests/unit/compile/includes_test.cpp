// SPDX-License-Identifier: Apache-2.0
#include "compile/includes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace fitest {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::map<std::string, std::string> headers_of(std::vector<SourceFile> sources) {
  CompileRequest request;
  request.main_path = sources.front().path;
  request.sources = std::move(sources);
  std::map<std::string, std::string> headers;
  for (const SourceFile& header : in_memory_headers(request, {})) {
    headers[header.path] = header.content;
  }
  return headers;
}

TEST(IncludesTest, ASpellingThatIsNoPathForwardsToTheSourceItMeans) {
  const auto headers = headers_of({{"a/k.cu", "  #  include \"../b.cuh\"\n"}, {"b.cuh", "B"}});
  EXPECT_EQ(headers.at("b.cuh"), "B");
  EXPECT_EQ(headers.at("../b.cuh"), "#include \"b.cuh\"\n");
}

TEST(IncludesTest, TheIncludersFolderComesBeforeTheRoot) {
  const auto headers =
      headers_of({{"a/k.cu", "#include \"./x.cuh\"\n"}, {"a/x.cuh", "near"}, {"x.cuh", "far"}});
  EXPECT_EQ(headers.at("./x.cuh"), "#include \"a/x.cuh\"\n");
}

TEST(IncludesTest, OneSpellingForTwoSourcesIsAnErrorInTheSource) {
  const auto headers = headers_of({{"k.cu", "#include \"a/m.cuh\"\n#include \"b/m.cuh\"\n"},
                                   {"a/m.cuh", "#include \"x.cuh\"\n"},
                                   {"b/m.cuh", "#include \"x.cuh\"\n"},
                                   {"a/x.cuh", ""},
                                   {"b/x.cuh", ""}});
  EXPECT_THAT(headers.at("x.cuh"), StartsWith("#error \"x.cuh\" means b/x.cuh here"));
}

TEST(IncludesTest, StandardHeadersAreGivenOnlyWhenNamed) {
  const auto headers = headers_of({{"k.cu", "#include <cstdint>\n"}});
  EXPECT_THAT(headers.at("cstdint"), HasSubstr("using cuda::std::uint32_t;"));
  EXPECT_EQ(headers.count("cmath"), 0u);
}

TEST(IncludesTest, ASourceNamedLikeAStandardHeaderIsTheSource) {
  const auto headers = headers_of({{"k.cu", "#include <cstdint>\n"}, {"cstdint", "mine"}});
  EXPECT_EQ(headers.at("cstdint"), "mine");
}

TEST(IncludesTest, PathsThatLeaveTheSolutionAreErrorsInTheSource) {
  const auto headers = headers_of({{"k.cu", "#include </etc/a.h>\n#include <../b.h>\n"}});
  EXPECT_THAT(headers.at("/etc/a.h"), StartsWith("#error \"/etc/a.h\" is neither"));
  EXPECT_THAT(headers.at("../b.h"), StartsWith("#error \"../b.h\" is neither"));
}

TEST(IncludesTest, TheLastLineNeedsNoNewline) {
  EXPECT_EQ(headers_of({{"k.cu", "int x;\n#include \"y.h\""}}).count("y.h"), 1u);
}

}  // namespace
}  // namespace fitest
