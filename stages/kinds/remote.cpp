// remote { agent = ..., port = 3388, message = "..." }: how a tier lets the help desk in.

#include "kinds/kinds.h"

namespace remedia::kinds {

namespace {

using recipe::Type;

const recipe::Schema schema = {
    .word = "remote",
    .role = recipe::Role::description,
    .help =
        "Remote Connection: the program that lets the help desk drive the PC, and how.\n"
        "The launcher asks for consent, opens this one port in the firewall while the agent runs, "
        "and shows ticket, port and addresses. Whether what goes over the network is encrypted is "
        "up to the agent.",
    .fields =
        {
            {.name = "agent",
             .type = Type::value,
             .help = "the tool that is started; {ticket} and {port} in its command are filled in; "
                     "without {ticket} it has to show a ticket of its own",
             .required = true,
             .words = {"tool"}},
            {.name = "port",
             .type = Type::integer,
             .help = "its TCP port, 1024 or above if you can; without it a random one each time",
             .min = 1,
             .max = 65535},
            {.name = "message",
             .type = Type::script,
             .help = "shown to whoever is asked for consent",
             .max = 2048},
        },
    .from_table = true,
};

}  // namespace

const graph::Kind remote = {"remote", &schema, nullptr, nullptr};

}  // namespace remedia::kinds
