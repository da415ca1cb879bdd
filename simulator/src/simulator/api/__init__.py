"""The Conversations API: `/sc/v2/apps/{appId}/…`."""
