"""What is done to a campaign; every act is checked, written in one transaction and logged."""
