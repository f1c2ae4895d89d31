// SPDX-License-Identifier: Apache-2.0
#include "ptx/module.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "base/file.h"

namespace fitest::ptx {
namespace {

using ::testing::ElementsAre;

std::shared_ptr<const Module> parse_file(const std::string& name) {
  const std::string path = FITEST_SOURCE_DIR "/tests/ptx/modules/" + name + ".ptx";
  return parse_module(make_source(path, read_file(path)));
}

TEST(Type, NamesAndTypesAreInverse) {
  for (int i = 1; i <= static_cast<int>(Type::Pred); ++i) {
    const auto type = static_cast<Type>(i);
    EXPECT_EQ(type_from_name(name_of(type)), type);
  }
  EXPECT_EQ(type_from_name("f33"), std::nullopt);
  EXPECT_EQ(type_from_name(""), std::nullopt);
}

TEST(Variable, SizeCountsElementsOfAllDimensionsAndVectors) {
  Variable variable;
  variable.type = Type::F32;
  EXPECT_EQ(variable.size_bytes(), 4u);
  variable.vector_width = 4;
  variable.count = 6;
  EXPECT_EQ(variable.size_bytes(), 96u);
  EXPECT_EQ(variable.alignment_bytes(), 16u);
  variable.count = 0;
  EXPECT_EQ(variable.size_bytes(), 0u);
}

class CompiledModule : public testing::TestWithParam<std::string> {};

TEST_P(CompiledModule, Parses) {
  const auto module = parse_file(GetParam());
  EXPECT_EQ(module->version_major, 9);
  const auto entries = std::count_if(module->functions.begin(), module->functions.end(),
                                     [](const Function& f) { return f.is_entry; });
  EXPECT_EQ(entries, 1);
  for (const Function& function : module->functions) {
    EXPECT_EQ(function.is_declaration, function.instructions.empty()) << function.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Nvcc, CompiledModule,
                         testing::Values("rmsnorm", "gemm", "wmma", "mma", "scan", "cg", "fp8",
                                         "print", "pointers", "constants", "labels", "hopper"),
                         [](const auto& test) { return test.param; });

TEST(CompiledModule, HasTheCudaLineOfEveryInstruction) {
  const auto module = parse_file("rmsnorm");
  const Function* kernel = module->find_function("rmsnorm");
  ASSERT_NE(kernel, nullptr);
  EXPECT_EQ(kernel->max_threads, 256u);
  for (const Instruction& instruction : kernel->instructions) {
    ASSERT_TRUE(module->files.count(instruction.location.file) == 1) << instruction.opcode;
    EXPECT_GT(instruction.location.line, 0);
  }
  const bool inlined =
      std::any_of(kernel->instructions.begin(), kernel->instructions.end(), [&](const auto& i) {
        return module->files.at(i.location.file).find("cuda_bf16.hpp") != std::string::npos &&
               i.location.caller_line > 0 &&
               module->files.at(i.location.caller_file).find("rmsnorm.cu") != std::string::npos;
      });
  EXPECT_TRUE(inlined) << "code inlined from cuda_bf16.hpp should name its caller in rmsnorm.cu";
}

TEST(CompiledModule, KeepsFunctionPointersOfATable) {
  const auto module = parse_file("pointers");
  const auto table = std::find_if(module->variables.begin(), module->variables.end(),
                                  [](const Variable& v) { return v.name == "table"; });
  ASSERT_NE(table, module->variables.end());
  ASSERT_EQ(table->initial_symbols.size(), 2u);
  EXPECT_EQ(table->initial_symbols[0].symbol, "_Z2faf");
  EXPECT_EQ(table->initial_symbols[1].byte_offset, 8u);
}

TEST(CompiledModule, LabelsOfInlineAssemblyAreApart) {
  const auto module = parse_file("labels");
  const Function& kernel = *module->find_function("wait");
  std::vector<std::string> waits;
  for (const auto& [name, at] : kernel.labels) {
    if (name.rfind("LAB_WAIT", 0) == 0) waits.push_back(name);
  }
  EXPECT_THAT(waits, ElementsAre("LAB_WAIT", "LAB_WAIT@2", "LAB_WAIT@3"));
}

}  // namespace
}  // namespace fitest::ptx
