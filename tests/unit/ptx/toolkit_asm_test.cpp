// SPDX-License-Identifier: Apache-2.0
// Every asm statement of the toolkit's half-precision headers decodes: read from the headers that
// are installed, with operands of the statement's own constraints.
#include <gtest/gtest.h>

#include <filesystem>
#include <iostream>
#include <regex>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "ptx/module.h"
#include "ptx/virtual_device.h"

namespace fitest::ptx {
namespace {

const std::string kInclude = "/usr/local/cuda/include/";

// The text with "\1name\1" where a macro's parameter stands, and the constraints of the operands.
struct AsmStatement {
  std::string text;
  std::string constraints;
  std::string macro;  // that the statement is part of; empty: of none
};

std::string unescape(const std::string& text) {
  return std::regex_replace(std::regex_replace(text, std::regex(R"(\\n)"), "\n"),
                            std::regex(R"(\\t)"), " ");
}

// What lies between the parenthesis at `begin` and its partner.
std::string parenthesised(const std::string& text, std::size_t begin) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t at = begin; at < text.size(); ++at) {
    if (text[at] == '"' && text[at - 1] != '\\') quoted = !quoted;
    if (quoted) continue;
    if (text[at] == '(') ++depth;
    if (text[at] == ')' && --depth == 0) return text.substr(begin + 1, at - begin - 1);
  }
  return "";
}

// The macro whose definition holds the place: its lines end with a backslash.
std::string macro_at(const std::string& text, std::size_t at) {
  std::size_t line = text.rfind('\n', at);
  while (line != std::string::npos && line > 0 && text[line - 1] == '\\') {
    line = text.rfind('\n', line - 1);
  }
  std::smatch match;
  const std::string rest = text.substr(line + 1, 120);
  const std::regex define(R"(^\s*#\s*define\s+(\w+)\()");
  return std::regex_search(rest, match, define) ? match[1].str() : "";
}

AsmStatement read_statement(const std::string& body) {
  static const std::regex kPiece(R"re("((?:[^"\\]|\\.)*)"|STRINGIFY\((\w+)\)|(:)|(\w+_PTR\b))re");
  AsmStatement statement;
  bool in_text = true;
  for (std::sregex_iterator it(body.begin(), body.end(), kPiece), end; it != end; ++it) {
    const std::smatch& piece = *it;
    if (piece[3].matched) in_text = false;
    if (in_text && piece[2].matched) statement.text += "\1" + piece[2].str() + "\1";
    if (!in_text && piece[4].matched) statement.constraints += 'l';
    if (!piece[1].matched) continue;
    const std::string value = piece[1].str();
    if (in_text) {
      statement.text += unescape(value);
    } else if (!value.empty() && value != "memory") {
      statement.constraints += value.back();
    }
  }
  return statement;
}

std::vector<AsmStatement> read_statements(const std::string& header) {
  static const std::regex kAsm(R"(\basm\s*(volatile)?\s*\()");
  std::vector<AsmStatement> statements;
  for (std::sregex_iterator it(header.begin(), header.end(), kAsm), end; it != end; ++it) {
    const auto begin = static_cast<std::size_t>(it->position() + it->length() - 1);
    statements.push_back(read_statement(parenthesised(header, begin)));
    statements.back().macro = macro_at(header, begin);
  }
  return statements;
}

// One text for each use of the macro, with its first argument; or the text itself.
std::set<std::string> expand(const AsmStatement& statement, const std::string& header) {
  if (statement.text.find('\1') == std::string::npos) return {statement.text};
  std::set<std::string> texts;
  const std::regex use("\\b" + statement.macro + R"(\(\s*([a-z][\w.]*)\s*[,)])");
  for (std::sregex_iterator it(header.begin(), header.end(), use), end; it != end; ++it) {
    if (macro_at(header, static_cast<std::size_t>(it->position())) == statement.macro) continue;
    texts.insert(std::regex_replace(statement.text, std::regex("\1\\w+\1"), (*it)[1].str()));
  }
  return texts;
}

std::string kernel_of(std::string text, const std::string& constraints) {
  for (std::size_t i = constraints.size(); i-- > 0;) {
    const std::string name = std::string("%operand") + constraints[i] + std::to_string(i);
    text = std::regex_replace(text, std::regex("%" + std::to_string(i) + "(?![0-9])"), name);
  }
  text = std::regex_replace(text, std::regex("%%"), "%");
  return ".version 9.0\n.target sm_90\n.address_size 64\n.visible .entry k()\n{\n"
         ".reg .b16 %operandh<20>;\n.reg .b32 %operandr<20>;\n.reg .f32 %operandf<20>;\n"
         ".reg .b64 %operandl<20>;\n.reg .f64 %operandd<20>;\n" +
         text + "\nret;\n}\n";
}

// Empty, or why the text is refused.
std::string refusal(const std::string& ptx) {
  VirtualDeviceOptions options;
  options.threads = 1;
  const DevicePtr device = make_virtual_device(options);
  try {
    std::optional<Fault> fault;
    const ModulePtr module = device->load({Image::Kind::Ptx, ptx, "compute_90"}, fault);
    Launch launch;
    launch.kernel = "k";
    launch.block = {32, 1, 1};
    if (module) fault = device->launch(*module, launch);
    return fault && fault->kind == FaultKind::Unsupported ? describe(*fault) : "";
  } catch (const Error& error) {
    return error.what();
  }
}

// Scale factors are of sm_100; shuffles without .sync ended with sm_70.
bool is_of_other_targets(const std::string& text) {
  static const std::regex kOthers(R"(ue8m0|shfl\.(up|down|idx|bfly))");
  return std::regex_search(text, kOthers);
}

class ToolkitHeader : public testing::TestWithParam<const char*> {};

TEST_P(ToolkitHeader, has_only_statements_that_decode) {
  const std::string path = kInclude + GetParam();
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "there is no " << path;
  const std::string header = read_file(path);
  std::size_t decoded = 0;
  std::size_t other = 0;
  for (const AsmStatement& statement : read_statements(header)) {
    for (const std::string& text : expand(statement, header)) {
      if (is_of_other_targets(text)) {
        ++other;
        continue;
      }
      EXPECT_EQ(refusal(kernel_of(text, statement.constraints)), "") << text;
      ++decoded;
    }
  }
  std::cout << path << ": " << decoded << " statements, and " << other
            << " of sm_100 or before sm_70 left out\n";
  EXPECT_GT(decoded, 10U);
}

INSTANTIATE_TEST_SUITE_P(Cuda, ToolkitHeader,
                         testing::Values("cuda_fp16.hpp", "cuda_bf16.hpp", "cuda_fp8.hpp"));

}  // namespace
}  // namespace fitest::ptx
