// SPDX-License-Identifier: Apache-2.0
// How the instructions of each chapter of the PTX ISA become ops.
#pragma once

#include <string>
#include <string_view>

#include "ptx/decoder.h"

namespace fitest::ptx {

using Chapter = void (*)(Decoder&);

// Of a base opcode ("ld"); null: the tables know its forms by their full opcodes.
Chapter find_chapter(std::string_view base_opcode);

// Destination and sources in the order of the table's operand codes.
void decode_by_table(Decoder& decoder, const std::string& opcode);

// A row with the value of a special register.
Ref special_source(Decoder& decoder, const std::string& name, char code);
// A row with the local address of `offset` bytes into the frame.
Ref frame_address(Decoder& decoder, std::uint64_t offset, char code);

void decode_load(Decoder& decoder);
void decode_store(Decoder& decoder);
void decode_move(Decoder& decoder);
void decode_convert_address(Decoder& decoder);
void decode_compare(Decoder& decoder);
void decode_set(Decoder& decoder);
void decode_convert(Decoder& decoder);
void decode_lop3(Decoder& decoder);
void decode_ignored(Decoder& decoder);
void decode_texture(Decoder& decoder);
void decode_video(Decoder& decoder);
// Refuses the instruction and says what to do instead.
void decode_refused(Decoder& decoder);
void decode_branch(Decoder& decoder);
void decode_indexed_branch(Decoder& decoder);
void decode_return(Decoder& decoder);
void decode_exit(Decoder& decoder);
void decode_trap(Decoder& decoder);
void decode_call(Decoder& decoder);
void decode_barrier(Decoder& decoder);
void decode_warp_barrier(Decoder& decoder);
void decode_copy_async(Decoder& decoder);
void decode_mbarrier(Decoder& decoder);
void decode_atomic(Decoder& decoder);
void decode_reduction(Decoder& decoder);
void decode_shuffle(Decoder& decoder);
void decode_vote(Decoder& decoder);
void decode_match(Decoder& decoder);
void decode_redux(Decoder& decoder);
void decode_active_mask(Decoder& decoder);
void decode_elect(Decoder& decoder);
void decode_nanosleep(Decoder& decoder);
void decode_fence(Decoder& decoder);
void decode_policy(Decoder& decoder);
void decode_multiply(Decoder& decoder);
void decode_wmma(Decoder& decoder);
void decode_matrix_access(Decoder& decoder);
void decode_matrix_move(Decoder& decoder);

// Handlers that the decoder places itself.
Step unsupported_instruction(Warp& warp, const Op& op);

}  // namespace fitest::ptx
