"""A Salesforce org on a socket: sign-in, REST, outbound messages and platform events."""
