"""The four patch types: JSON patch and merge patch (`documents`), strategic merge patch (`strategic`), server-side apply (`apply`).

`keys` lists the merge keys of lists, `fields` encodes sets of fields, `managers` maintains managedFields.
Whether the patched object is valid is checked in `admission`.
"""
