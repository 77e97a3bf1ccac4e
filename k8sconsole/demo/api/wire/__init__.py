"""Request bodies in Kubernetes' protobuf encoding, which client-go's typed clients send, `kubectl create` among them.

`protobuf` decodes them to their JSON form. `messages.txt` lists the field numbers of the kinds that clients send.
Responses are always JSON, which every client accepts.
"""
