"""The panes: cluster, tools, chat, metrics. A pane speaks to the others through messages only; its style sheet lies beside it."""
