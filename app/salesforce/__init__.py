"""All that speaks Salesforce."""
