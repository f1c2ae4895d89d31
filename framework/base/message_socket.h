// SPDX-License-Identifier: Apache-2.0
// Messages between processes of one machine: text, and descriptors that go along.
//
// On the wire: eight bytes, little endian, that say how many bytes of text follow; the descriptors
// come as SCM_RIGHTS with those eight bytes.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/descriptor.h"

namespace fitest {

// Two ends of a connected Unix stream socket, closed on exec.
struct SocketPair {
  Descriptor first;
  Descriptor second;
};
SocketPair make_socket_pair();

using SocketDeadline = std::chrono::steady_clock::time_point;

enum class MessageEnd { Whole, Closed, TimedOut };

struct ReceivedMessage {
  MessageEnd end = MessageEnd::Closed;
  std::string text;
  std::vector<Descriptor> descriptors;
};

// Whole when all of it is on its way. At most four descriptors.
MessageEnd send_message(int socket, std::string_view text, const std::vector<int>& descriptors,
                        SocketDeadline deadline);
// Closed also for what is no message: nobody sends more than 64 MiB.
ReceivedMessage receive_message(int socket, SocketDeadline deadline);

}  // namespace fitest
