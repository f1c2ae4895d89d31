// SPDX-License-Identifier: Apache-2.0
#include "compile/includes.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <string_view>

#include "base/text.h"

namespace fitest {
namespace {

namespace fs = std::filesystem;

#define FITEST_STD "namespace std { using namespace cuda::std; }\n"
#define FITEST_INTEGERS                                                                \
  "#include <cuda/std/cstdint>\n#include <cuda/std/cstddef>\n" FITEST_STD              \
  "using cuda::std::int8_t; using cuda::std::int16_t; using cuda::std::int32_t;\n"     \
  "using cuda::std::int64_t; using cuda::std::uint8_t; using cuda::std::uint16_t;\n"   \
  "using cuda::std::uint32_t; using cuda::std::uint64_t; using cuda::std::intptr_t;\n" \
  "using cuda::std::uintptr_t; using cuda::std::intmax_t; using cuda::std::uintmax_t;\n"
// The global functions are NVRTC's own; <cuda/std/cmath> would cost a second of compile time.
#define FITEST_MATH                                                                        \
  "#ifndef INFINITY\n#define INFINITY __int_as_float(0x7f800000)\n#endif\n"                \
  "#ifndef NAN\n#define NAN __int_as_float(0x7fffffff)\n#endif\n"                          \
  "#ifndef M_PI\n#define M_PI 3.14159265358979323846\n#endif\n"                            \
  "namespace std {\n"                                                                      \
  "using ::abs; using ::fabs; using ::fmin; using ::fmax; using ::fma; using ::fmod;\n"    \
  "using ::sqrt; using ::cbrt; using ::hypot; using ::pow; using ::exp; using ::exp2;\n"   \
  "using ::expm1; using ::log; using ::log2; using ::log10; using ::log1p; using ::sin;\n" \
  "using ::cos; using ::tan; using ::asin; using ::acos; using ::atan; using ::atan2;\n"   \
  "using ::sinh; using ::cosh; using ::tanh; using ::erf; using ::erfc; using ::floor;\n"  \
  "using ::ceil; using ::trunc; using ::round; using ::rint; using ::nearbyint;\n"         \
  "using ::isnan; using ::isinf; using ::isfinite; using ::signbit; using ::copysign;\n"   \
  "using ::ldexp; using ::frexp;\n"                                                        \
  "}\n"
#define FITEST_FLOATS                                                                  \
  "#define FLT_MAX 3.402823466e+38F\n#define FLT_MIN 1.175494351e-38F\n"               \
  "#define FLT_EPSILON 1.192092896e-07F\n#define FLT_DIG 6\n#define FLT_MANT_DIG 24\n" \
  "#define DBL_MAX 1.7976931348623158e+308\n#define DBL_MIN 2.2250738585072014e-308\n" \
  "#define DBL_EPSILON 2.2204460492503131e-016\n#define DBL_DIG 15\n#define DBL_MANT_DIG 53\n"

struct StandardHeader {
  std::string_view name;
  std::string_view text;
};

constexpr StandardHeader kStandardHeaders[] = {
#define FITEST_STANDARD_HEADER(name, text) {name, text},
#include "compile/standard_headers.def"
#undef FITEST_STANDARD_HEADER
};
#undef FITEST_STD
#undef FITEST_INTEGERS
#undef FITEST_MATH
#undef FITEST_FLOATS

constexpr std::string_view kKeyword = "include";

struct Include {
  std::string spelling;
  bool quoted = false;
};

// The operand of a line `# include "x"` or `# include <x>`.
std::optional<Include> parse_include(std::string_view line) {
  line = trim(line);
  if (!line.starts_with('#')) return std::nullopt;
  line = trim(line.substr(1));
  if (!line.starts_with(kKeyword)) return std::nullopt;
  line = trim(line.substr(kKeyword.size()));
  if (line.empty() || (line.front() != '"' && line.front() != '<')) return std::nullopt;
  const bool quoted = line.front() == '"';
  const std::size_t end = line.find(quoted ? '"' : '>', 1);
  if (end == std::string_view::npos) return std::nullopt;
  return Include{std::string(line.substr(1, end - 1)), quoted};
}

std::vector<Include> includes_of(std::string_view source) {
  std::vector<Include> found;
  while (!source.empty()) {
    const std::size_t end = std::min(source.find('\n'), source.size());
    if (const auto include = parse_include(source.substr(0, end))) found.push_back(*include);
    source.remove_prefix(std::min(end + 1, source.size()));
  }
  return found;
}

// Builds the list of names; one Solution, used once.
class HeaderTable {
 public:
  HeaderTable(const CompileRequest& request, const std::vector<std::string>& include_paths)
      : include_paths_(include_paths) {
    for (const SourceFile& source : request.sources) names_[source.path] = source.content;
    sources_ = names_;
  }

  void add_includes_of(const SourceFile& source) {
    for (const Include& include : includes_of(source.content)) add(include, source.path);
  }

  std::vector<SourceFile> list() const {
    std::vector<SourceFile> headers;
    for (const auto& [name, content] : names_) headers.push_back({name, content});
    return headers;
  }

 private:
  void add(const Include& include, const std::string& includer) {
    if (const auto source = source_meant_by(include.spelling, includer)) {
      forward(include.spelling, *source);
      return;
    }
    if (sources_.contains(include.spelling)) return;
    const auto* standard =
        std::find_if(std::begin(kStandardHeaders), std::end(kStandardHeaders),
                     [&](const StandardHeader& header) { return header.name == include.spelling; });
    if (standard != std::end(kStandardHeaders)) {
      names_[include.spelling] = "#pragma once\n" + std::string(standard->text);
    } else if (may_read_the_host(include)) {
      names_[include.spelling] = fmt::format(
          "#error \"{}\" is neither one of the Solution's sources nor a header of the CUDA "
          "toolkit\n",
          include.spelling);
    }
  }

  // The includer's folder first, as every C++ compiler does, then the Solution's root.
  std::optional<std::string> source_meant_by(const std::string& spelling,
                                             const std::string& includer) const {
    const fs::path beside = fs::path(includer).parent_path() / spelling;
    for (const fs::path& path : {beside, fs::path(spelling)}) {
      const std::string normal = path.lexically_normal().generic_string();
      if (sources_.contains(normal)) return normal;
    }
    return std::nullopt;
  }

  void forward(const std::string& spelling, const std::string& source) {
    if (spelling == source) return;
    const std::string content = fmt::format("#include \"{}\"\n", source);
    const auto [known, added] = names_.emplace(spelling, content);
    if (added || known->second == content) return;
    known->second = fmt::format(
        "#error \"{}\" means {} here and another source elsewhere, which NVRTC cannot tell apart: "
        "include it by its path from the Solution's root\n",
        spelling, source);
  }

  bool may_read_the_host(const Include& include) const {
    const fs::path path(include.spelling);
    const auto parts = std::pair(path.begin(), path.end());
    if (path.is_absolute() || std::find(parts.first, parts.second, "..") != parts.second) {
      return true;
    }
    std::error_code error;
    return include.quoted && std::none_of(include_paths_.begin(), include_paths_.end(),
                                          [&](const std::string& folder) {
                                            return fs::exists(folder / path, error);
                                          });
  }

  const std::vector<std::string>& include_paths_;
  std::map<std::string, std::string> sources_;
  std::map<std::string, std::string> names_;
};

}  // namespace

std::vector<SourceFile> in_memory_headers(const CompileRequest& request,
                                          const std::vector<std::string>& include_paths) {
  HeaderTable table(request, include_paths);
  for (const SourceFile& source : request.sources) table.add_includes_of(source);
  return table.list();
}

}  // namespace fitest
