// SPDX-License-Identifier: Apache-2.0
// Variables at module scope and their values.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ptx/module.h"

namespace fitest::ptx {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Variable parse_last(const std::string& text) {
  const std::string header = ".version 9.0\n.target sm_80\n.extern .func f;\n.global .u32 g;\n";
  return parse_module(make_source("m.ptx", header + text))->variables.back();
}

TEST(Initializer, ShorterThanTheArrayLeavesTheRestToZero) {
  const Variable v = parse_last(".const .align 4 .b8 x[300] = {1, 255, -1, 0x10};");
  EXPECT_EQ(v.size_bytes(), 300u);
  EXPECT_EQ(v.alignment_bytes(), 4u);
  EXPECT_EQ(v.space, StateSpace::Const);
  EXPECT_THAT(v.initial_bytes, ElementsAre(1, 255, 255, 16));
}

TEST(Initializer, ScalarsAreLittleEndian) {
  EXPECT_THAT(parse_last(".global .u32 x = 0x01020304;").initial_bytes, ElementsAre(4, 3, 2, 1));
  EXPECT_THAT(parse_last(".global .s16 x = -2;").initial_bytes, ElementsAre(0xFE, 0xFF));
}

TEST(Initializer, AbsentMeansNoBytes) {
  EXPECT_THAT(parse_last(".global .u32 x[4];").initial_bytes, IsEmpty());
}

TEST(Initializer, FloatsTakeAnyLiteral) {
  const Variable v = parse_last(".global .f32 x[4] = {1.0, 0f3F800000, 0d3FF0000000000000, 1};");
  ASSERT_EQ(v.initial_bytes.size(), 16u);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(v.initial_bytes[4 * i + 3], 0x3F) << i;
  EXPECT_THAT(parse_last(".global .f64 x = -2;").initial_bytes,
              ElementsAre(0, 0, 0, 0, 0, 0, 0, 0xC0));
}

TEST(Initializer, InnerBracesBeginRows) {
  const Variable v = parse_last(".global .u8 x[2][3] = {{1, 2}, {3}};");
  EXPECT_EQ(v.count, 6u);
  EXPECT_THAT(v.initial_bytes, ElementsAre(1, 2, 0, 3));
}

TEST(Initializer, VectorsAreInnermostRows) {
  const Variable v = parse_last(".global .v2 .u8 x[2] = {{1, 2}, {3, 4}};");
  EXPECT_EQ(v.size_bytes(), 4u);
  EXPECT_THAT(v.initial_bytes, ElementsAre(1, 2, 3, 4));
}

TEST(Initializer, CountsTheElementsOfAnOpenArray) {
  EXPECT_EQ(parse_last(".global .u16 x[] = {1, 2, 3};").count, 3u);
  EXPECT_EQ(parse_last(".global .u16 x[][2] = {{1}, {2}};").count, 4u);
  EXPECT_EQ(parse_last(".extern .shared .align 16 .b8 x[];").count, 0u);
}

TEST(Initializer, SymbolsKeepOffsetAndAddend) {
  const Variable v = parse_last(".global .u64 x[4] = {f, generic(g)+4, g-8, 7};");
  EXPECT_EQ(v.initial_bytes.size(), 32u);
  EXPECT_EQ(v.initial_bytes[24], 7);
  ASSERT_EQ(v.initial_symbols.size(), 3u);
  EXPECT_EQ(v.initial_symbols[0].symbol, "f");
  EXPECT_FALSE(v.initial_symbols[0].generic);
  EXPECT_TRUE(v.initial_symbols[1].generic);
  EXPECT_EQ(v.initial_symbols[1].addend, 4);
  EXPECT_EQ(v.initial_symbols[2].addend, -8);
  EXPECT_EQ(v.initial_symbols[2].byte_offset, 16u);
}

TEST(Initializer, MasksSelectAByteOfAnAddress) {
  const Variable v = parse_last(".global .u8 x[3] = {3, 0xFF(g), 0xFF00(generic(g)+1)};");
  ASSERT_EQ(v.initial_symbols.size(), 2u);
  EXPECT_EQ(v.initial_symbols[0].address_byte, 0);
  EXPECT_EQ(v.initial_symbols[1].address_byte, 1);
  EXPECT_EQ(v.initial_symbols[1].addend, 1);
  EXPECT_TRUE(v.initial_symbols[1].generic);
}

TEST(Initializer, ReadsLongTables) {
  std::string text = ".global .b8 x[102400] = {0";
  for (int i = 1; i < 102400; ++i) text += ", " + std::to_string(i % 256);
  const Variable v = parse_last(text + "};");
  ASSERT_EQ(v.initial_bytes.size(), 102400u);
  EXPECT_EQ(v.initial_bytes[70001], 70001 % 256);
}

TEST(Variable, AttributesAreAccepted) {
  const Variable v =
      parse_last(".visible .global .attribute(.managed, .unified(1, 2)) .align 4 .u32 x = 5;");
  EXPECT_THAT(v.initial_bytes, ElementsAre(5, 0, 0, 0));
}

TEST(Variable, ADefinitionReplacesAnExternDeclaration) {
  EXPECT_FALSE(parse_last(".extern .global .u32 x;\n.visible .global .u32 x = 1;").is_extern);
  EXPECT_TRUE(parse_last(".extern .global .u32 x;").is_extern);
}

TEST(Variable, ListsDeclareSeveral) {
  EXPECT_EQ(parse_last(".global .u32 x, y[3], z = 1;").name, "z");
}

}  // namespace
}  // namespace fitest::ptx
