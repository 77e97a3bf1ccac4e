"""Bodies that arrive as Kubernetes' protobuf: client-go's typed clients, `kubectl create` among them, send nothing else.

`protobuf` decodes them to the objects their JSON would have been; `messages.txt` holds the field numbers of the kinds clients send.
Answers are always JSON, which every client accepts.
"""
