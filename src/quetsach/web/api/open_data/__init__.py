"""Open data: the published figures as files that anybody may fetch, read and pass on."""
