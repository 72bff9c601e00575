-- The owner migrates, the login serves; neither is a superuser.
\getenv owner_password OWNER_PASSWORD
\getenv app_password APP_PASSWORD
CREATE ROLE automation_owner LOGIN CREATEROLE PASSWORD :'owner_password';
CREATE ROLE automation_app LOGIN PASSWORD :'app_password';
CREATE DATABASE automation OWNER automation_owner;
