"""The KIE.AI wire: requests, replies and faults. No Django, no rows, no queue.

Facts about the provider are in docs.kie.ai, "Generate Veo3.1 Video", "Get Veo3.1 Video
Details", "File Upload API" and "Webhook Security Verification", read in November 2026.
"""
